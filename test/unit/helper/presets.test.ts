import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { platformVariables } from '../../../shared/helper/hash/platform.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';
import { parseRequest } from '../../../shared/request/request.ts';
import type { RequestInput } from '../../../shared/request/request.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { FakeEntries, found, pushed } from './fakes.ts';

const { os, arch } = platformVariables();
const GO_SUM_HASH = '5712d2200c60d53992cb4544f0f27ac46183bbc9e8559405eddde87641490e2b';

describe('a request with presets', () => {
  let source: string;
  let entries: FakeEntries;
  let lines: string[];

  beforeEach(() => {
    source = mkdtempSync(join(tmpdir(), 'presets-'));
    entries = new FakeEntries();
    lines = [];
  });

  afterEach(() => rmSync(source, { recursive: true }));

  function write(path: string, content = 'hello\n'): void {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), content);
  }

  async function run(
    verb: 'fetch' | 'upload',
    params: Record<string, unknown>,
    caches: RequestInput['caches'] = [],
    hashes?: string,
  ): Promise<CacheReport> {
    const request = parseRequest({
      verb,
      surface: 'cli',
      params: { target: 'r.example/app', ...params },
      source,
      caches,
      variables: {},
      dockerConfigs: [],
    });
    const ports = {
      entries,
      openStore: async (target: string) => openStore(target),
      log: { line: (text: string) => lines.push(text) },
    };
    return runRequest({ ...request, ...(hashes === undefined ? {} : { hashes }) }, ports);
  }

  it('hashes the files of each preset, and fetches each of its caches', async () => {
    write('go.sum');
    write('ui/package-lock.json', '{}');
    const { results } = await run('fetch', { preset: 'go,npm', branch: 'x' });
    const [mod, latest, build, fallback, npm] = entries.fetched;
    expect(mod).to.equal(`r.example/app:go-downloads-${os}-${arch}-${GO_SUM_HASH}`);
    expect(latest).to.equal(`r.example/app:go-downloads-${os}-${arch}-latest`);
    expect(build).to.equal(`r.example/app:go-build-${os}-${arch}-x`);
    expect(fallback).to.equal(`r.example/app:go-build-${os}-${arch}-main`);
    expect(npm).to.match(/npm-downloads-.*-[0-9a-f]{64}$/);
    expect(npm).not.to.include(GO_SUM_HASH);
    expect(results).to.include({ hash: '', 'go-downloads-reason': 'not-found', 'npm-downloads-reason': 'not-found' });
  });

  describe('in a Task whose build changes lockfiles', () => {
    const PRESETS = { preset: 'go,npm' };
    let kept: string;

    beforeEach(() => {
      kept = join(source, '.caches/hashes.json');
      write('go.sum');
      write('package-lock.json', '{"version": "0.0.0"}');
      for (const name of ['go-downloads', 'go-build', 'npm-downloads']) write(`.caches/${name}/x`);
    });

    async function uploaded(): Promise<string[]> {
      entries.uploads.length = 0;
      await run('upload', PRESETS, [], kept);
      return entries.uploads.map(({ reference }) => reference);
    }

    async function keyOf(): Promise<string> {
      entries.fetched.length = 0;
      await run('fetch', PRESETS);
      return (entries.fetched.find((target) => target.includes(':npm-downloads')) ?? '').split(':')[1] ?? '';
    }

    /** As `npm version` and `composer install` do it. */
    function build(): void {
      write('package-lock.json', '{"version": "1.2.3"}');
      write('vendor/acme/ui/package-lock.json', '{}');
    }

    it('uploads under the key that the fetch looked for, as the next one will', async () => {
      const before = await keyOf();
      await run('fetch', PRESETS, [], kept);
      build();
      expect(await uploaded()).to.include(before);
      expect(await uploaded(), 'tried again').to.include(before);
    });

    it('goes by the last fetch, which has seen more of the sources, and computes what none has seen', async () => {
      rmSync(join(source, 'package-lock.json'));
      await run('fetch', PRESETS, [], kept);
      write('package-lock.json', '{"version": "0.0.1"}');
      const late = await keyOf();
      expect(await uploaded(), 'no fetch has seen it').to.include(late);
      await run('fetch', PRESETS, [], kept);
      build();
      expect(await uploaded()).to.include(late);
    });

    it('computes the hash where there is no file of a fetch, or one that says something else', async () => {
      build();
      const after = await keyOf();
      const spoil: readonly (() => unknown)[] = [
        () => undefined,
        () => write('.caches/hashes.json', '{"npm-downloads": "../x"}'),
        () => write('.caches/hashes.json', '["x"'),
        () => write('.caches/hashes.json', 'null'),
        () => write('.caches/hashes.json', `{"npm-downloads": "${'0'.repeat(64)}"${' '.repeat(70_000)}}`),
        () => spawnSync('mkfifo', [kept]),
        () => mkdirSync(kept),
      ];
      for (const [at, make] of spoil.entries()) {
        rmSync(kept, { recursive: true, force: true });
        make();
        expect(await uploaded(), `case ${at}`).to.include(after);
      }
    });

    it('writes to nothing that a step has put into the place of the file', async () => {
      write('of-others', 'as it was');
      symlinkSync(join(source, 'of-others'), kept);
      await run('fetch', PRESETS, [], kept);
      expect(readFileSync(join(source, 'of-others'), 'utf8')).to.equal('as it was');
    });

    it('leaves the directory of the caches to all users of the pod', async () => {
      kept = join(source, 'home/.caches/hashes.json');
      await run('fetch', PRESETS, [], kept);
      expect(statSync(join(source, 'home/.caches')).mode & 0o777).to.equal(0o777);
    });
  });

  it('says of each cache what was made in it for the tool, and by no tool', async () => {
    for (const path of ['.terraform.lock.hcl', 'go.sum', '.caches/terraform-downloads/x', '.caches/go-downloads/x'])
      write(path);
    await run('upload', { preset: 'terraform,go' });
    const said = entries.uploads.map(({ dir, ofTool, made }) => [dir.slice(source.length), ofTool, made]);
    expect(said).to.have.deep.members([
      ['/.caches/terraform-downloads', true, ['plugins']],
      ['/.caches/go-downloads', true, []],
    ]);
  });

  it('has the hash of a preset as the result, when there is one', async () => {
    write('go.sum');
    const { results } = await run('fetch', { preset: 'go' });
    expect(results['hash']).to.equal(GO_SUM_HASH);
    expect(lines.filter((line) => line.startsWith('  hash '))).to.have.length(1);
  });

  it('hashes nothing that lies in its own caches', async () => {
    write('go.sum');
    write('.caches/go-downloads/mod/example.com/m@v1/go.sum', 'other');
    expect((await run('fetch', { preset: 'go' })).results['hash']).to.equal(GO_SUM_HASH);
  });

  it('hashes nothing that an install has made, whichever tool it was', async () => {
    write('requirements.txt');
    write('package-lock.json', '{}');
    const hashes = async (): Promise<(string | undefined)[]> =>
      Promise.all(['pip', 'npm'].map(async (preset) => (await run('fetch', { preset })).results['hash']));
    const before = await hashes();
    for (const path of [
      'node_modules/node-gyp/gyp/pyproject.toml',
      'env/lib/python3.13/site-packages/numpy/setup.py',
      'venv/share/requirements.txt',
      '.venv/share/lab/package-lock.json',
      '.tox/py/share/lab/package-lock.json',
      '.nox/py/share/lab/package-lock.json',
      'live/.terragrunt-cache/x/package-lock.json',
      'live/.terraform/modules/x/requirements.txt',
      'vendor/bundle/ruby/3.3.0/gems/x-1.0.0/package-lock.json',
    ]) {
      write(path, 'of a package');
    }
    expect(await hashes()).to.deep.equal(before);
    write('tools/requirements.txt', 'of the project');
    // A service of a shop.
    write('services/vendor/package-lock.json', 'of the project');
    const [pip, npm] = await hashes();
    expect(pip).not.to.equal(before[0]);
    expect(npm).not.to.equal(before[1]);
  });

  it('looks for a library without a lockfile where its upload was, which has the lockfile of its build', async () => {
    write('Cargo.toml');
    await run('fetch', { preset: 'auto' });
    expect(entries.fetched).to.include(`r.example/app:cargo-downloads-${os}-${arch}-latest`);
    write('Cargo.lock');
    await run('upload', { preset: 'auto' });
    expect(entries.uploads[0]?.aliases).to.deep.equal([`cargo-downloads-${os}-${arch}-latest`]);
  });

  it('finds by the files of the sources what applies, and says why after the verdict', async () => {
    write('go.mod');
    write('ui/yarn.lock');
    entries.stored.set(`r.example/app:go-build-${os}-${arch}-main`, found());
    const { results } = await run('fetch', { preset: 'auto' });
    expect(lines[0]).to.match(/^cache go-downloads: miss \(not-found\)/);
    expect(lines.slice(1, 3)).to.deep.equal([
      '  preset go, because of go.mod',
      '  preset yarn, because of ui/yarn.lock',
    ]);
    expect(entries.fetched.some((name) => name.includes(':yarn-downloads-'))).to.equal(true);
    expect(Object.keys(results)).to.have.members('hit fetched match hash target digest size reason'.split(' '));
  });

  it('does not take its own caches for projects', async () => {
    write('.caches/go-downloads/mod/example.com/m@v1/package-lock.json');
    expect((await run('fetch', { preset: 'auto' })).results['reason']).to.equal('no-preset');
  });

  it('does not take its own caches for projects where the sources have them under another path', async () => {
    write('kept/go-downloads/mod/example.com/m@v1/package-lock.json');
    // As a claim that is mounted for the sources, and a directory of it for the caches: one inode, two paths.
    const outside = mkdtempSync(join(tmpdir(), 'presets-'));
    symlinkSync(join(source, 'kept'), join(outside, 'caches'));
    const caches = [{ name: 'caches', dir: join(outside, 'caches') }];
    expect((await run('fetch', { preset: 'auto' }, caches)).results['reason']).to.equal('no-preset');
    rmSync(outside, { recursive: true });
  });

  it('does nothing where it finds nothing, and fails only who asked for that', async () => {
    write('Makefile');
    for (const verb of ['fetch', 'upload'] as const) {
      const { results, failure, message } = await run(verb, { preset: 'auto' });
      expect(results['reason']).to.equal('no-preset');
      expect(message).to.include('name the one to use');
      expect(failure).to.equal(undefined);
      expect((await run(verb, { preset: 'auto', 'on-miss': 'fail' })).failure?.code).to.equal('NotFound');
    }
    expect(lines[0]).to.equal('cache auto: miss (no-preset)');
    expect([entries.fetched, entries.uploads]).to.deep.equal([[], []]);
  });

  it('looks at nothing when it is switched off', async () => {
    write('go.mod');
    expect((await run('upload', { preset: 'auto', mode: 'pull' })).results['reason']).to.equal('disabled');
    expect((await run('fetch', { preset: 'auto', mode: 'off' })).results['reason']).to.equal('disabled');
    expect(lines.join()).not.to.include('because of');
  });

  it('still tells the hash under mode push', async () => {
    write('go.sum');
    write('go.mod', 'module m\n');
    const { results } = await run('fetch', { preset: 'auto', mode: 'push' });
    expect(results['reason']).to.equal('disabled');
    expect(results['hash']).to.match(/^[0-9a-f]{64}$/);
  });

  it('has a soft answer for sources that cannot be looked at', async () => {
    symlinkSync('/etc/passwd', join(source, 'go.mod'));
    const { results, failure } = await run('fetch', { preset: 'auto' });
    expect(results['reason']).to.equal('unreadable');
    expect(failure).to.equal(undefined);
  });

  it('has no answer for the one preset whose file is a link that leads out, and all others', async () => {
    write('go.mod');
    mkdirSync(join(source, 'test/links'), { recursive: true });
    symlinkSync('/etc/passwd', join(source, 'test/links/package-lock.json'));
    entries.stored.set(`r.example/app:go-build-${os}-${arch}-main`, found());
    await run('fetch', { preset: 'auto' });
    expect(lines.join('\n')).to.match(
      /cache go-build: hit[^]*"test\/links\/package-lock.json" is a link to a file outside/,
    );
  });

  it('refuses one tag for several caches also when it is found out late', async () => {
    write('go.mod');
    const { failure } = await run('upload', { preset: 'auto', target: 'r.example/app:{{hash}}' });
    expect(failure?.code).to.equal('InvalidParams');
    expect(failure?.message).to.include('put {{workspace}}');
  });

  it('uploads each cache whole, with its alias, and leaves out what no tool made', async () => {
    write('go.sum');
    mkdirSync(join(source, '.caches/go-downloads'), { recursive: true });
    const tag = `go-downloads-${os}-${arch}`;
    entries.pushed.set(`r.example/app:${tag}-${GO_SUM_HASH}`, pushed());
    const { results } = await run('upload', { preset: 'go' });
    expect(
      entries.uploads.map(({ reference, aliases, paths, exclude }) => [reference, aliases, paths, exclude]),
    ).to.deep.equal([
      [`${tag}-${GO_SUM_HASH}`, [`${tag}-latest`], [], ['mod/cache/lock', 'mod/cache/download/**/*.lock']],
    ]);
    expect(entries.uploads.map(({ maxSize }) => maxSize)).to.deep.equal([undefined]);
    expect(results).to.include({ 'go-downloads-reason': 'pushed', 'go-build-reason': 'empty' });
    expect(lines.join('\n')).to.include('the variables that `tekton-cache presets` shows');
  });

  it('keeps build state within its size, and what only a user may judge within that of the user', async () => {
    write('main.c');
    mkdirSync(join(source, '.caches/ccache-build'), { recursive: true });
    await run('upload', { preset: 'ccache' });
    await run('upload', { preset: 'ccache', 'max-size': '1Mi' });
    await run('upload', { target: 'r.example/app:x', paths: '.caches', 'max-size': '2Mi' });
    expect(entries.uploads.map(({ maxSize }) => maxSize)).to.deep.equal([2 ** 31, 2 ** 20, 2 ** 21]);
    expect(entries.uploads.map(({ eviction }) => eviction?.usedBy)).to.deep.equal(['mtime', 'mtime', undefined]);
  });
});
