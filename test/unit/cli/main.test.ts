import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../../shared/cli/main.ts';
import { PARAMS } from '../../../shared/interface/params.ts';

describe('command line', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cli-'));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const terminal = {
      environment: { HOME: dir },
      print: (text: string) => void (out += `${text}\n`),
      log: (text: string) => void (err += `${text}\n`),
    };
    return { code: await main(args, terminal), out, err };
  }

  it('shows its subcommands, and its version', async () => {
    expect(await run()).to.deep.include({ code: 2, out: '' });
    expect((await run('--help')).out).to.match(/fetch .*\n.*upload .*\n.*hash /);
    expect((await run('--version')).out).to.match(/^\d+\.\d+\.\d+\n$/);
    expect((await run('help', 'hash')).out).to.equal((await run('hash', '--help')).out);
    expect(await run('help', 'fecth')).to.deep.include({ code: 2, out: '' });
    expect((await run('fecth')).err).to.include('did you mean `fetch`?');
  });

  it('has the params of the table as options', async () => {
    for (const verb of ['fetch', 'upload'] as const) {
      const { code, out } = await run(verb, '--help');
      expect(code).to.equal(0);
      for (const { name, surfaces, verbs } of PARAMS) {
        const known = surfaces.some((surface) => surface === 'cli') && verbs.some((known) => known === verb);
        expect(out.includes(`\n      --${name} `), `${verb} --${name}`).to.equal(known);
      }
    }
  });

  it('has no line of help that is wider than a terminal, and the letter of each option that has one', async () => {
    for (const name of ['fetch', 'upload', 'hash', 'presets', 'resolve', 'report', 'policy', 'storage']) {
      const { out } = await run(name, '--help');
      const [, options = ''] = out.split('\nOptions:\n');
      for (const line of options.split('\n')) expect(line.length, line).to.be.at.most(100);
      expect(options, name).to.match(/\n {2}-h, --help /);
    }
    expect((await run('resolve', '--help')).out).to.include('\n  -f, --file FILE ');
  });

  it('prints a hash, and nothing when no file matches', async () => {
    writeFileSync(join(dir, 'go.sum'), 'hello\n');
    const hash = '5712d2200c60d53992cb4544f0f27ac46183bbc9e8559405eddde87641490e2b';
    expect(await run('hash', '--source', dir, '--files', 'go.sum')).to.deep.include({ code: 0, out: `${hash}\n` });
    expect(await run('hash', '--source', dir, '--files', 'go.mod')).to.deep.include({ code: 0, out: '' });
    expect((await run('hash', '--source', dir, '--files', 'go.mod', '--on-miss', 'fail')).code).to.equal(1);
    writeFileSync(join(dir, 'a,b'), '');
    expect((await run('hash', '--source', dir, '--files', 'a,b', '--on-miss', 'fail')).code).to.equal(1);
    expect((await run('hash', '--source', dir, '--item', 'files=a,b', '--on-miss', 'fail')).code).to.equal(0);
    const json = await run('hash', '--source', dir, '--files', 'go.mod', '--json');
    expect(JSON.parse(json.out)).to.deep.equal({ hash: '', reason: 'no-files' });
  });

  it('prints the hash of a preset, also of the one that the sources ask for', async () => {
    writeFileSync(join(dir, 'go.sum'), 'hello\n');
    const hash = '5712d2200c60d53992cb4544f0f27ac46183bbc9e8559405eddde87641490e2b';
    expect((await run('hash', '--source', dir, '--preset', 'go')).out).to.equal(`${hash}\n`);
    expect((await run('hash', '--source', dir, '--preset', 'auto')).err).to.include('--preset auto: none of the files');
    writeFileSync(join(dir, 'go.mod'), '');
    const auto = await run('hash', '--source', dir, '--preset', 'auto');
    expect(auto.out).to.match(/^[0-9a-f]{64}\n$/);
    expect(auto.err).to.include('preset go, because of go.mod');
    writeFileSync(join(dir, 'yarn.lock'), '');
    expect((await run('hash', '--source', dir, '--preset', 'auto')).err).to.include('go, yarn has a hash of its own');
    expect((await run('hash', '--source', dir, '--preset', 'ccache')).err).to.include('ccache has no files to hash');
  });

  it('takes nothing in the caches below the sources for a project, as a fetch and an upload do not', async () => {
    writeFileSync(join(dir, 'go.mod'), '');
    const asked = ['--source', dir, '--preset', 'auto'];
    const { out } = await run('hash', ...asked);
    const module = join(dir, '.caches/go-downloads/mod/example.com/x@v1.0.0');
    mkdirSync(module, { recursive: true });
    for (const name of ['go.mod', 'package-lock.json']) writeFileSync(join(module, name), '{}');
    expect(await run('hash', ...asked)).to.deep.include({ code: 0, out });
    expect((await run('presets', 'auto', '--source', dir)).out).to.match(/^go: go\.mod\n\nenv:/);
  });

  it('has the workspace, the paths and the files that are given, over those of a preset', async () => {
    writeFileSync(join(dir, 'other.lock'), 'hello\n');
    const hash = (await run('hash', '--source', dir, '--files', 'other.lock')).out.trim();
    expect((await run('hash', '--source', dir, '--preset', 'go', '--files', 'other.lock')).out).to.equal(`${hash}\n`);
    mkdirSync(join(dir, 'modules/kept'), { recursive: true });
    writeFileSync(join(dir, 'modules/kept/a'), 'a');
    const given = ['--files', 'other.lock', '--workspace', `mine=${join(dir, 'modules')}`, '--paths', 'kept'];
    const target = `oci:${join(dir, 'layout')}`;
    const { err } = await run('upload', '--source', dir, '--preset', 'npm', '--target', target, ...given);
    expect(err).to.match(new RegExp(`cache mine: uploaded .*:npm-mine-\\w+-\\w+-${hash}`));
  });

  it('lists the presets, shows one with its variables, and what the sources ask for', async () => {
    expect((await run('presets')).out).to.match(/^PRESET .*\ngo +Go +downloads, build +go\.mod\n/);
    const { out } = await run('presets', 'go', '--root', '/caches');
    expect(out).to.include('- { name: GOMODCACHE, value: "/caches/go-downloads/mod" }');
    expect(out).to.include('TARGET:go-downloads-{{os}}-{{arch}}-{{hash}}');
    writeFileSync(join(dir, 'pom.xml'), '');
    expect(out).to.match(/removed +build.*three uploads[^]*Proved: [^]*Sources: go help cache/);
    const auto = await run('presets', 'auto', '--source', dir);
    expect(auto.out).to.match(/^maven: pom\.xml\n[^]*MAVEN_OPTS.*# append/);
    const wrong = await run('presets', 'mavn');
    expect(wrong).to.deep.include({ code: 2, out: '' });
    expect(wrong.err).to.include('did you mean `maven`?');
  });

  it('says what is wrong with the usage, and exits with 2', async () => {
    const rows: [string[], string][] = [
      [['fetch', '--workspace', `c=${dir}`], '`target` is required'],
      [['fetch', '--target', 'r.example/a:b'], 'no workspace'],
      [['fetch', '--target', 'r.example/a:b', '--workspace', 'c'], 'NAME=DIR'],
      [['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--workspace', `c=${dir}`], 'given twice'],
      [['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--source', `${dir}/none`], 'not a directory'],
      [['upload', '--target', 'r.example/a:b', '--workspace', `c=${dir}/none`], 'not a directory'],
      [['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--mode', 'pul'], 'one of pull-push'],
      [['fetch', '--target', 'r.example/a:{{pipeline}}', '--workspace', `c=${dir}`], 'only the name of a run'],
      [['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--item', 'target=x'], 'is of no list'],
      [['hash'], '--files is required'],
      [['hash', '--files', '../x', '--source', dir], '..'],
    ];
    for (const [args, sentence] of rows) {
      const { code, err } = await run(...args);
      expect(code, args.join(' ')).to.equal(2);
      expect(err, args.join(' ')).to.include(sentence);
    }
  });

  it('names the help of the subcommand where the usage is wrong', async () => {
    for (const name of ['fetch', 'upload', 'hash', 'presets', 'resolve', 'report', 'policy', 'storage']) {
      const { code, err } = await run(name, '--nonsense');
      expect(code, name).to.equal(2);
      expect(err, name).to.include(`tekton-cache ${name} --help`);
    }
  });

  it('takes a cache with templates of its own, as resolvers write it', async () => {
    const cache = JSON.stringify({ name: 'source', dir, target: 'r.example/own:{{hash}}', mode: 'off' });
    const { code, out } = await run('fetch', '--json', '--target', 'r.example/a:b', '--cache', cache);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.include({ 'source-reason': 'disabled' });
    for (const bad of ['{', '{}', '{"name":"c"}', '{"name":"c","dir":"/c","fallbacks":"x"}']) {
      expect((await run('fetch', '--target', 'r.example/a:b', '--cache', bad)).err, bad).to.include('--cache');
    }
    const later = JSON.stringify({ name: 'c', dir, sign: true });
    expect((await run('fetch', '--target', 'r.example/a:b', '--cache', later)).err).to.include(
      'it has `sign`, which this release does not know',
    );
  });

  it('obeys what an installation decides, as resolvers write it', async () => {
    const fetch = ['fetch', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--mode', 'off', '--insecure'];
    expect((await run(...fetch, '--settings', '{"insecureRegistries":["r.example"]}')).code).to.equal(0);
    const other = await run(...fetch, '--settings', '{"insecureRegistries":["other"]}');
    expect(other.code).to.equal(2);
    expect(other.err).to.include('`insecure` is not allowed for registry "r.example"');
    const half = [
      '{"basicAuths":[{}]}',
      '{"registryToken":{}}',
      '{"verify":"off"}',
      '{"registryToken":{"registry":"r.example:5000"}}',
    ];
    for (const bad of ['{', '[]', '{"limits":{"maxByte":1}}', '{"compression":"xz"}', ...half]) {
      expect((await run(...fetch, '--settings', bad)).err, bad).to.include('--settings');
    }
  });

  it('finds the registry of the installation where the Task mounts its token', async () => {
    const fetch = ['fetch', '--workspace', `c=${dir}`, '--mode', 'off', '--registry-token', dir];
    const file = (name: string, text: string) => writeFileSync(join(dir, name), text);
    expect((await run(...fetch, '--target', 'r.example/a:b')).code).to.equal(0);
    file('registry', 'r.example\n');
    file('realm', 'http://tokens.example/token\n');
    // Of no interest to what is elsewhere.
    expect((await run(...fetch, '--target', 'other.example/a:b')).code).to.equal(0);
    expect((await run(...fetch, '--target', 'r.example/a:b')).err).to.include('is not an address on https');
    file('realm', 'https://tokens.example/token\n');
    expect((await run(...fetch, '--target', 'r.example/a:b')).code).to.equal(0);
    file('ca.crt', 'none');
    expect((await run(...fetch, '--target', 'r.example/a:b')).err).to.include('no certificate in PEM');
  });

  it('has results also when the usage is wrong', async () => {
    const { code, out } = await run('fetch', '--json', '--results-dir', dir, '--nonsense');
    expect(code).to.equal(2);
    expect(JSON.parse(out)).to.include({ hit: 'false', match: 'miss', reason: 'invalid-params' });
    expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('invalid-params');
  });

  it('does what can be done without a registry: a mode that is off, an upload without a hash', async () => {
    const off = await run('fetch', '--json', '--target', 'r.example/a:b', '--workspace', `c=${dir}`, '--mode', 'off');
    expect(off.code).to.equal(0);
    expect(JSON.parse(off.out)).to.include({ reason: 'disabled', 'c-hit': 'false' });
    const upload = ['upload', '--target', 'r.example/a:{{hash}}', '--workspace', `c=${dir}`, '--results-dir', dir];
    const step = await run(...upload, '--hash', '$(steps.cache-fetch.results.hash)');
    expect(step.code).to.equal(0);
    expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('no-hash');
    expect(readFileSync(join(dir, 'uploaded'), 'utf8')).to.equal('false');
  });

  it('has nothing to do in a step none of whose optional workspaces is bound', async () => {
    const fetch = ['fetch', '--target', 'r.example/a:b', '--results-dir', dir, '--paths=', '--source', dir];
    const { code, err } = await run(...fetch, '--workspace', 'a=\nb=\n');
    expect(code, err).to.equal(0);
    expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('disabled');
    expect((await run(...fetch, '--workspace', 'a=', '--nonsense')).code).to.equal(2);
  });

  it('takes no other directory for an optional workspace that a resolver wrote down and that is not bound', async () => {
    const cache = JSON.stringify({ name: 'a', dir: '', target: 'r.example/a:b' });
    for (const verb of ['fetch', 'upload'] as const) {
      const { code, err } = await run(verb, '--target', 'r.example/a:b', '--results-dir', dir, '--cache', cache);
      expect(code, err).to.equal(0);
      expect(readFileSync(join(dir, 'reason'), 'utf8')).to.equal('disabled');
      expect(await run(verb, '--target', 'r.example/a:b', '--cache', cache)).to.deep.include({ code: 2 });
    }
  });
});
