import { hash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStatCache } from '../../../shared/archive/stat-cache/stat-cache.ts';
import { StatCacheWriter } from '../../../shared/archive/stat-cache/stat-cache-writer.ts';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import type { TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import { codeOf } from '../../support/code-of.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { received, useFetchBench } from './ground.ts';
import { file, ITEMS } from './items.ts';

describe('a fetch', function () {
  this.timeout(30_000);

  const bench = useFetchBench();

  it('receives nothing when nothing is missing', async () => {
    await bench.put({ items: ITEMS });
    await bench.fetch();
    const before = treePicture(bench.target);
    expect(received(await bench.fetch())).to.equal(0);
    expect(treePicture(bench.target)).to.deep.equal(before);
  });

  it('receives the index alone when there is no stat cache and nothing is missing', async () => {
    await bench.put({ items: [...ITEMS, file('noise', randomBytes(50_000))] });
    await bench.fetch();
    const inode = fs.statSync(join(bench.target, 'big')).ino;
    fs.rmSync(join(bench.target, '.tekton-cache'), { recursive: true });
    const bytes = received(await bench.fetch());
    expect(bytes).to.be.greaterThan(0).and.lessThan(2000);
    expect(fs.statSync(join(bench.target, 'big')).ino).to.equal(inode);
  });

  it('receives just the frames that hold what is missing or changed', async () => {
    const noise = (path: string): Item => file(path, randomBytes(100_000));
    const items = [...ITEMS, ...Array.from({ length: 20 }, (_, i) => noise(`noise-${i + 10}`))];
    await bench.put({ items, frameBytes: 128 * 1024 });
    const all = received(await bench.fetch());
    fs.rmSync(join(bench.target, 'noise-13'));
    fs.writeFileSync(join(bench.target, 'noise-20'), 'another');
    expect(received(await bench.fetch())).to.be.lessThan(all / 4);
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
  });

  it('sees an edit that left size and time alone', async () => {
    await bench.put({ items: [file('a', 'aaaa'), file('b', 'bbbb')] });
    await bench.fetch();
    fs.writeFileSync(join(bench.target, 'a'), 'AAAA');
    fs.utimesSync(join(bench.target, 'a'), 1e9, 1e9);
    await bench.fetch();
    expect(fs.readFileSync(join(bench.target, 'a'), 'utf8')).to.equal('aaaa');
  });

  it('sees a file whose content is gone although its times are those of the stat cache, as after a crash of the node', async () => {
    await bench.put({ items: [file('a', 'aaaa'), file('b', 'bbbb')] });
    await bench.fetch();
    fs.truncateSync(join(bench.target, 'a'));
    const selection = selectionOf([], []);
    const statCache = openStatCache(bench.target, selection);
    const writer = StatCacheWriter.open(bench.target, selection);
    for (const { state, ...entry } of statCache?.entries() ?? []) {
      const { mtimeMs, ctimeMs } = fs.statSync(join(bench.target, entry.path));
      writer?.add(entry, { ...state, mtimeMs, ctimeMs });
    }
    if (statCache !== undefined) writer?.commit({ ...statCache, takenAt: Date.now() + 60_000 });
    statCache?.close();
    await bench.fetch();
    expect(fs.readFileSync(join(bench.target, 'a'), 'utf8')).to.equal('aaaa');
  });

  it('believes no digest that an entry gave a file of other content', async () => {
    const items = [file('a', 'good'), file('b', 'bbbb')];
    await bench.put({ items });
    const digest = hash('sha256', 'good');
    const lies = { entry: (one: TreeEntry) => (one.path === 'a' ? { ...one, digest } : one) };
    await putEntry(bench.store, 'other', { items: [file('a', 'evil'), file('b', 'bbbb')], lies });
    expect(await bench.fetch({ reference: 'other' }).catch(codeOf)).to.equal('InvalidImage');
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
  });

  it('sets modes and times right without fetching content', async () => {
    await bench.put({ items: ITEMS });
    await bench.fetch();
    fs.chmodSync(join(bench.target, 'late'), 0o600);
    fs.utimesSync(join(bench.target, 'big'), 5, 5);
    fs.chmodSync(join(bench.target, 'a'), 0o777);
    fs.lutimesSync(join(bench.target, 'up'), 5, 5);
    const inode = fs.statSync(join(bench.target, 'big')).ino;
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(ITEMS));
    expect(fs.statSync(join(bench.target, 'big')).ino).to.equal(inode);
  });
});
