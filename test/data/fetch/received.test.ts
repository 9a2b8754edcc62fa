import { hash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStatCache } from '../../../shared/archive/stat-cache/stat-cache.ts';
import { StatCacheWriter } from '../../../shared/archive/stat-cache/stat-cache-writer.ts';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import type { TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';
import type { FetchOutcome } from '../../../shared/entry/entry.ts';
import { putEntry, type BuildOptions } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import { codeOf } from '../../support/code-of.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { file, ITEMS } from './items.ts';

describe('a fetch', function () {
  this.timeout(30_000);

  let bench: FetchBench;
  let target: string;

  beforeEach(() => {
    bench = newFetchBench();
    target = bench.target;
  });
  afterEach(() => bench.remove());

  const put = (options: BuildOptions) => putEntry(bench.store, 'v1', options);
  const received = (outcome: FetchOutcome): number => (outcome.found ? outcome.bytesReceived : -1);

  it('receives nothing when nothing is missing', async () => {
    await put({ items: ITEMS });
    await bench.fetch();
    const before = treePicture(target);
    expect(received(await bench.fetch())).to.equal(0);
    expect(treePicture(target)).to.deep.equal(before);
  });

  it('receives the index alone when there is no stat cache and nothing is missing', async () => {
    await put({ items: [...ITEMS, file('noise', randomBytes(50_000))] });
    await bench.fetch();
    const inode = fs.statSync(join(target, 'big')).ino;
    fs.rmSync(join(target, '.tekton-cache'), { recursive: true });
    const bytes = received(await bench.fetch());
    expect(bytes).to.be.greaterThan(0).and.lessThan(2000);
    expect(fs.statSync(join(target, 'big')).ino).to.equal(inode);
  });

  it('receives just the frames that hold what is missing or changed', async () => {
    const noise = (path: string): Item => file(path, randomBytes(100_000));
    const items = [...ITEMS, ...Array.from({ length: 20 }, (_, i) => noise(`noise-${i + 10}`))];
    await put({ items, frameBytes: 128 * 1024 });
    const all = received(await bench.fetch());
    fs.rmSync(join(target, 'noise-13'));
    fs.writeFileSync(join(target, 'noise-20'), 'another');
    expect(received(await bench.fetch())).to.be.lessThan(all / 4);
    expect(treePicture(target)).to.deep.equal(itemsPicture(items));
  });

  it('sees an edit that left size and time alone', async () => {
    await put({ items: [file('a', 'aaaa'), file('b', 'bbbb')] });
    await bench.fetch();
    fs.writeFileSync(join(target, 'a'), 'AAAA');
    fs.utimesSync(join(target, 'a'), 1e9, 1e9);
    await bench.fetch();
    expect(fs.readFileSync(join(target, 'a'), 'utf8')).to.equal('aaaa');
  });

  it('sees a file whose content is gone although its times are those of the stat cache, as after a crash of the node', async () => {
    await put({ items: [file('a', 'aaaa'), file('b', 'bbbb')] });
    await bench.fetch();
    fs.truncateSync(join(target, 'a'));
    const selection = selectionOf([], []);
    const statCache = openStatCache(target, selection);
    const writer = StatCacheWriter.open(target, selection);
    for (const { state, ...entry } of statCache?.entries() ?? []) {
      const { mtimeMs, ctimeMs } = fs.statSync(join(target, entry.path));
      writer?.add(entry, { ...state, mtimeMs, ctimeMs });
    }
    if (statCache !== undefined) writer?.commit({ ...statCache, takenAt: Date.now() + 60_000 });
    statCache?.close();
    await bench.fetch();
    expect(fs.readFileSync(join(target, 'a'), 'utf8')).to.equal('aaaa');
  });

  it('believes no digest that an entry gave a file of other content', async () => {
    const items = [file('a', 'good'), file('b', 'bbbb')];
    await put({ items });
    const digest = hash('sha256', 'good');
    const lies = { entry: (one: TreeEntry) => (one.path === 'a' ? { ...one, digest } : one) };
    await putEntry(bench.store, 'other', { items: [file('a', 'evil'), file('b', 'bbbb')], lies });
    expect(await bench.fetch({ reference: 'other' }).catch(codeOf)).to.equal('InvalidImage');
    await bench.fetch();
    expect(treePicture(target)).to.deep.equal(itemsPicture(items));
  });

  it('sets modes and times right without fetching content', async () => {
    await put({ items: ITEMS });
    await bench.fetch();
    fs.chmodSync(join(target, 'late'), 0o600);
    fs.utimesSync(join(target, 'big'), 5, 5);
    fs.chmodSync(join(target, 'a'), 0o777);
    fs.lutimesSync(join(target, 'up'), 5, 5);
    const inode = fs.statSync(join(target, 'big')).ino;
    await bench.fetch();
    expect(treePicture(target)).to.deep.equal(itemsPicture(ITEMS));
    expect(fs.statSync(join(target, 'big')).ino).to.equal(inode);
  });
});
