import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { computeKey } from '../../../shared/cache-key/cache-key.ts';
import { digestFile } from '../../../shared/cache-key/digest-file.ts';
import { CacheError } from '../../../shared/errors.ts';
import { KEY_SHELL, KEY_VECTORS, writeTree } from './vectors.ts';

describe('cache key', () => {
  let source: string;

  beforeEach(() => {
    source = mkdtempSync(join(tmpdir(), 'cache-key-'));
  });

  afterEach(() => rmSync(source, { recursive: true }));

  async function codeOf(files: readonly string[], signal?: AbortSignal): Promise<string> {
    try {
      await computeKey({ source, files, ...(signal === undefined ? {} : { signal }) });
      return 'no error';
    } catch (error) {
      return error instanceof CacheError ? error.code : String(error);
    }
  }

  describe('test vectors', () => {
    for (const vector of KEY_VECTORS) {
      it(vector.name, async () => {
        await writeTree(source, vector.tree);
        const key = await computeKey({ source, files: vector.files });
        expect(key?.files.map(({ path }) => path) ?? []).to.deep.equal(vector.matched);
        expect(key?.hash ?? null).to.equal(vector.hash);
        if (vector.hash === null) return;
        const input = vector.matched.map((path) => `${path}\n`).join('');
        const shell = execFileSync('bash', ['-c', KEY_SHELL], { cwd: source, input, encoding: 'utf8' }).trim();
        expect(shell, 'the definition in shell').to.equal(vector.hash);
      });
    }
  });

  it('changes when a file is renamed, moved or has other bytes', async () => {
    const hashes = new Set<string | undefined>();
    for (const [path, content] of [
      ['a.lock', '1'],
      ['b.lock', '1'],
      ['d/a.lock', '1'],
      ['a.lock', '2'],
    ] as const) {
      const dir = mkdtempSync(join(source, 't'));
      await writeTree(dir, { [path]: content });
      hashes.add((await computeKey({ source: dir, files: ['**/*.lock'] }))?.hash);
    }
    expect(hashes.size).to.equal(4);
    expect(hashes).not.to.include(undefined);
  });

  it('waits for no pipe and reads no device that has come in the place of a file', async () => {
    execFileSync('mkfifo', [join(source, 'pipe')]);
    for (const path of [join(source, 'pipe'), '/dev/zero']) {
      const error: unknown = await digestFile(path).catch((reason: unknown) => reason);
      expect(error, path).to.be.instanceOf(CacheError).with.property('code', 'Unreadable');
      expect(error).to.have.property('message').that.contains(JSON.stringify(path));
    }
  });

  it('hashes a file once, however many globs match it', async () => {
    await writeTree(source, { 'go.sum': 'x' });
    const key = await computeKey({ source, files: ['go.sum', './go.sum', '*', '**/go.sum'] });
    expect(key?.files).to.have.length(1);
  });

  it('hashes a file under one path, however its glob is written', async () => {
    await writeTree(source, { 'x.lock': 'x', 'sub/x.lock': 'y', 'sub/deep/x.lock': 'z' });
    const hashOf = async (files: readonly string[]): Promise<string | undefined> =>
      (await computeKey({ source, files }))?.hash;
    const one = await hashOf(['sub/x.lock']);
    for (const glob of [
      'sub/./x.lock',
      './sub//x.lock',
      '././sub/./x.lock',
      'sub/x.lock/',
      'sub/x.lock/.',
      '{./sub,other}/x.lock',
      '{sub/.,other}/x.lock',
      '{sub/x.lock/,other}',
      'su[b]/./x.lock',
    ]) {
      expect(await hashOf([glob]), glob).to.equal(one);
      expect(await hashOf([glob, '**/x.lock']), glob).to.equal(await hashOf(['**/x.lock']));
    }
    expect(await hashOf(['{.,sub}/x.lock'])).to.equal(await hashOf(['x.lock', 'sub/x.lock']));
    expect(await hashOf(['{.,x.lock}'])).to.equal(await hashOf(['x.lock']));
    expect(await hashOf(['{sub/.,other}/x.lock', '!sub'])).to.equal(undefined);
    for (const excluded of ['!sub/', '!./sub', '!sub/.', '!sub/./', '!{./,}sub']) {
      expect(await hashOf(['**/./x.lock', 'sub/./x.lock', excluded]), excluded).to.equal(await hashOf(['x.lock']));
    }
  });

  it('leaves out all of an excluded directory, also what is named outright', async () => {
    await writeTree(source, { 'go.sum': 'x', 'vendor/go.sum': 'y', 'vendor/a/go.sum': 'z' });
    const key = await computeKey({ source, files: ['go.sum', 'vendor/go.sum', 'vendor/*/go.sum', '!vendor'] });
    expect(key?.files.map(({ path }) => path)).to.deep.equal(['go.sum']);
  });

  it('reads files larger than a chunk whole', async () => {
    writeFileSync(join(source, 'big.lock'), Buffer.alloc(5 * 1024 * 1024 + 7, 'abc'));
    const key = await computeKey({ source, files: ['big.lock'] });
    const expected = execFileSync('sha256sum', [join(source, 'big.lock')], { encoding: 'utf8' }).slice(0, 64);
    expect(key?.files).to.deep.equal([{ path: 'big.lock', size: 5 * 1024 * 1024 + 7, sha256: expected }]);
  });

  it('tells apart file names that are not UTF-8', async () => {
    const dir = Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x64, 0xff])]);
    mkdirSync(dir);
    writeFileSync(Buffer.concat([dir, Buffer.from('/go.sum')]), 'x');
    const first = await computeKey({ source, files: ['**/go.sum'] });
    expect(first?.files).to.have.length(1);
    rmSync(dir, { recursive: true });
    dir[dir.length - 1] = 0xfe;
    mkdirSync(dir);
    writeFileSync(Buffer.concat([dir, Buffer.from('/go.sum')]), 'x');
    const second = await computeKey({ source, files: ['**/go.sum'] });
    expect(second?.hash).to.be.a('string').and.not.equal(first?.hash);
  });

  it('refuses a linked file outside of the source, and leaves other links alone', async () => {
    await writeTree(source, {
      'in/go.sum': 'x',
      outside: { link: '/etc' },
      dangling: { link: 'nowhere' },
      loop: { link: 'loop' },
      dir: { link: 'in' },
    });
    expect((await computeKey({ source, files: ['**'] }))?.files.map(({ path }) => path)).to.deep.equal(['in/go.sum']);
    expect(await codeOf(['outside/passwd'])).to.equal('Unreadable');
    symlinkSync('/etc/passwd', join(source, 'passwd'));
    expect(await codeOf(['**'])).to.equal('Unreadable');
    expect(await codeOf(['**', '!passwd'])).to.equal('no error');
  });

  it('enters a linked directory where globs begin with its name, and passes it by otherwise', async () => {
    await writeTree(source, { 'real/sub/go.sum': 'x', 'real/inner': { link: 'sub' }, dir: { link: 'real' } });
    const matched = async (...files: string[]): Promise<string[]> =>
      ((await computeKey({ source, files }))?.files ?? []).map(({ path }) => path);
    expect(await matched('dir/sub/go.sum')).to.deep.equal(['dir/sub/go.sum']);
    expect(await matched('dir/*/go.sum')).to.deep.equal(['dir/sub/go.sum']);
    expect(await matched('dir/**')).to.deep.equal(['dir/sub/go.sum']);
    expect(await matched('dir/inner/go.sum')).to.deep.equal(['dir/inner/go.sum']);
    expect(await matched('*/sub/go.sum', '*/inner/*')).to.deep.equal(['real/sub/go.sum']);
  });

  it('follows a link of the source itself', async () => {
    await writeTree(source, { 'real/go.sum': 'x', source: { link: 'real' } });
    const direct = await computeKey({ source: join(source, 'real'), files: ['go.sum'] });
    const linked = await computeKey({ source: join(source, 'source'), files: ['go.sum'] });
    expect(linked?.hash).to.be.a('string').and.equal(direct?.hash);
  });

  it('refuses globs that could leave the source', async () => {
    for (const glob of [
      '/etc/passwd',
      '../x',
      'a/../b',
      '!../x',
      '{..,a}/x',
      'a/./../x',
      '/./x',
      './/../x',
      '',
      '!',
      '.',
      '!./',
    ]) {
      expect(await codeOf([glob]), glob).to.equal('InvalidParams');
    }
  });

  it('takes a file in the place of a directory for no match', async () => {
    await writeTree(source, { a: 'x' });
    expect(await computeKey({ source, files: ['a/go.sum', 'a/**/go.sum'] })).to.equal(undefined);
  });

  it('says that a source does not exist', async () => {
    rmSync(source, { recursive: true });
    expect(await codeOf(['x'])).to.equal('Unreadable');
    mkdirSync(source);
  });

  it('ends with the reason of its signal', async () => {
    await writeTree(source, { 'go.sum': 'x' });
    const signal = AbortSignal.abort(new CacheError('Deadline', 'max-time passed'));
    expect(await codeOf(['**/go.sum'], signal)).to.equal('Deadline');
    expect(await codeOf(['go.sum'], signal)).to.equal('Deadline');
  });
});
