/** What becomes of a fetch into a workspace in which something else is mounted. Only root can mount. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { selectionOf } from '../../shared/archive/paths/selection.ts';
import { equalsStatCache } from '../../shared/archive/stat-cache/restored-stat-cache.ts';
import { openStatCache } from '../../shared/archive/stat-cache/stat-cache.ts';
import { Pace } from '../../shared/pace.ts';
import { putEntry } from '../support/entry/built-entry.ts';
import { newFetchBench, type FetchBench } from '../support/entry/fetch-bench.ts';
import { treePicture } from '../support/tree/tree-picture.ts';

const WHOLE_SECONDS = 1_700_000_000;

describe('a workspace with a mount in it', () => {
  let bench: FetchBench;
  let mounted: string;

  beforeEach(async function () {
    bench = newFetchBench();
    mounted = join(bench.target, 'd');
    fs.mkdirSync(mounted);
    await putEntry(bench.store, 'v1', {
      items: [
        { path: 'd', type: 'directory' },
        { path: 'd/f', type: 'file', content: 'restored' },
        { path: 'e', type: 'file', content: 'restored' },
      ],
    });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted]).status !== 0) this.skip();
    fs.writeFileSync(join(mounted, 'mine'), 'stays');
    // A time that Node can set to the nanosecond: what is taken back has any other up to a quarter of a microsecond earlier.
    fs.utimesSync(mounted, WHOLE_SECONDS, WHOLE_SECONDS);
  });
  afterEach(() => {
    spawnSync('umount', ['--lazy', mounted]);
    bench.remove();
  });

  it('is as it was where the entry has something below it, and the message says what to do', async () => {
    const before = treePicture(bench.target);
    const error = await bench.fetch().catch((caught: unknown) => caught);
    expect(error).to.have.property('code', 'Unwritable');
    expect(error)
      .to.have.property('message')
      .that.matches(/"d\/f" could not .*\(EXDEV\).* It is mounted there, .*: exclude it/);
    expect(treePicture(bench.target)).to.deep.equal(before);
  });

  it('is as it was where a clean fetch would remove it', async () => {
    await putEntry(bench.store, 'v1', { items: [{ path: 'e', type: 'file', content: 'restored' }] });
    const before = treePicture(bench.target);
    const error = await bench.fetch({ clean: true }).catch((caught: unknown) => caught);
    expect(error).to.have.property('message').that.includes('It is mounted there');
    expect(treePicture(bench.target)).to.deep.equal(before);
  });

  it('has a stat cache that tells of what is mounted, so that the next fetch finds all there', async () => {
    await putEntry(bench.store, 'v1', {
      items: [
        { path: 'd', type: 'directory' },
        { path: 'd/mine', type: 'file', content: 'stays' },
        { path: 'e', type: 'file', content: 'restored' },
      ],
    });
    await bench.fetch();
    const selection = selectionOf([], []);
    const statCache = openStatCache(bench.target, selection)!;
    const { dev } = fs.statSync(mounted);
    expect([...statCache.entries()].map(({ state }) => state.dev === dev)).to.deep.equal([true, true, false]);
    const pace = new Pace(() => {});
    const directory = { dir: bench.target, clean: true, files: 3 };
    expect(await equalsStatCache(statCache, directory, selection, pace)).to.equal(true);
    statCache.close();
  });

  for (const [name, more, request] of [
    ['a clean fetch would remove the directory that it is in', [], { clean: true }],
    ['the entry has a file for the directory that it is in', [{ path: 'more', type: 'file' }], {}],
  ] as const) {
    it(`is as it was where ${name}`, async () => {
      spawnSync('umount', [mounted]);
      fs.rmdirSync(mounted);
      mounted = join(bench.target, 'more/than one/mount');
      fs.mkdirSync(mounted, { recursive: true });
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted]);
      fs.writeFileSync(join(mounted, 'mine'), 'stays');
      await putEntry(bench.store, 'v1', { items: [{ path: 'e', type: 'file', content: 'restored' }, ...more] });
      const before = treePicture(bench.target);
      const error = await bench.fetch(request).catch((caught: unknown) => caught);
      expect(treePicture(bench.target)).to.deep.equal(before);
      expect(error).to.have.property('code', 'Unwritable');
      expect(error)
        .to.have.property('message')
        .that.matches(/"more" would have to go, and "more\/than one\/mount" is mounted in it: exclude that/);
    });
  }

  for (const [name, more] of [
    ['has another time', []],
    ['lacks something', [{ path: 'd/new', type: 'file', content: 'restored' }]],
  ] as const) {
    it(`is as it was where what is mounted ${name} and is read-only, whatever was replaced before`, async () => {
      const items = [
        { path: 'a', type: 'file', content: 'restored' },
        { path: 'd', type: 'directory' },
        ...more,
      ] as const;
      await putEntry(bench.store, 'v1', { items });
      fs.writeFileSync(join(bench.target, 'a'), 'mine');
      fs.mkdirSync(join(bench.target, 'b'));
      expect(spawnSync('mount', ['-o', 'remount,ro', mounted]).status).to.equal(0);
      const before = treePicture(bench.target);
      const error = await bench.fetch({ clean: true, exclude: ['d/mine'] }).catch((caught: unknown) => caught);
      expect(treePicture(bench.target)).to.deep.equal(before);
      expect(error)
        .to.have.property('message')
        .that.matches(/\((EROFS|EXDEV)\); the directory is as it was. It is mounted/);
      expect(await bench.fetch({ clean: true, exclude: ['d'] })).to.include({ found: true });
      expect(fs.readFileSync(join(bench.target, 'a'), 'utf8')).to.equal('restored');
    });
  }

  it('is restored when that is excluded', async () => {
    expect(await bench.fetch({ exclude: ['d'], clean: true })).to.include({ found: true });
    expect(fs.readFileSync(join(bench.target, 'e'), 'utf8')).to.equal('restored');
    expect(fs.readdirSync(mounted)).to.deep.equal(['mine']);
  });
});
