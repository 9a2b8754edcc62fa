/**
 * File systems whose inodes have numbers past 2^53, as those of some servers of files: a JavaScript number is the same for many of them. An overlay
 * over another file system gives such numbers. Only root can mount one.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LEAST_EFFORT } from '../../shared/archive/pack/compress.ts';
import { FramePacker } from '../../shared/archive/pack/frame-packer.ts';
import { computeKey } from '../../shared/cache-key/cache-key.ts';

describe('a file system with large numbers of inodes', () => {
  let base: string;
  let root: string;

  const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;

  before(function () {
    base = fs.mkdtempSync(join(tmpdir(), 'large-inodes-'));
    root = join(base, 'root');
    const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(base, name));
    for (const path of [root, lower, upper, work]) fs.mkdirSync(path!);
    if (!mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', lower!)) this.skip();
    for (const name of ['app', 'cache']) {
      fs.mkdirSync(join(lower!, name));
      fs.writeFileSync(join(lower!, name, 'go.sum'), name);
    }
    for (const name of ['one', 'two']) {
      fs.writeFileSync(join(lower!, name), name);
      fs.linkSync(join(lower!, name), join(lower!, `${name}-too`));
    }
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},xino=on`;
    if (!mount('-t', 'overlay', '-o', options, 'overlay', root)) this.skip();
    const [app, cache] = ['app', 'cache'].map((name) => fs.statSync(join(root, name)).ino);
    expect(app, 'these inodes differ in their last digits').to.equal(cache);
  });
  after(() => {
    for (const name of ['root', 'lower']) spawnSync('umount', ['--lazy', join(base, name)]);
    fs.rmSync(base, { recursive: true });
  });

  it('counts a lockfile into the key that lies beside what is cached', async () => {
    const cached = [{ dir: join(root, 'cache'), paths: [] }];
    const key = await computeKey({ source: root, files: ['**/go.sum'], cached });
    expect(key?.files.map(({ path }) => path)).to.deep.equal(['app/go.sum']);
  });

  it('has names of one file that are packed as such, and none of two', () => {
    const packer = new FramePacker({ root: { dir: root, links: new Map() }, compression: 'zstd' });
    const { size, mtimeMs, ctimeMs } = fs.lstatSync(join(root, 'one'));
    const items = [
      { kind: 'file', path: 'one', seen: { size, mtimeMs, ctimeMs } },
      { kind: 'hardlink', path: 'one-too', target: 'one' },
      // Another program has put it in the place of a further name since the walk.
      { kind: 'hardlink', path: 'two', target: 'one' },
    ] as const;
    try {
      const packed = packer.pack({ layer: 0, frame: 0, items, last: true, effort: LEAST_EFFORT });
      expect(packed.failures).to.deep.equal([{ path: 'two', reason: 'changed' }]);
    } finally {
      packer.close();
    }
  });
});
