import { expect } from 'chai';
import * as fc from 'fast-check';
import { ByteReader } from '../../../../shared/archive/entries/byte-reader.ts';
import { readBlock } from '../../../../shared/archive/index/index-reader.ts';
import { BlockWriter } from '../../../../shared/archive/index/index-writer.ts';
import type { Block } from '../../../../shared/archive/index/index-writer.ts';
import { patchBlocks, patchIndex } from '../../../../shared/archive/index/patch-blocks.ts';
import type { IndexEntry, TreeEntry } from '../../../../shared/archive/entries/tree-entry.ts';
import { arbitraryTree, difference } from '../arbitrary-entry.ts';

const PLACE = { layer: 0, frame: 0, offset: 512, mode: 0o644, mtimeSec: 1, mtimeNs: 2 };

describe('changes to entries in blocks', () => {
  it('give the tree after them, however the entries are cut into blocks, and tell what is not in it any more', () => {
    fc.assert(
      fc.property(arbitraryTree, arbitraryTree, fc.integer({ min: 1, max: 8 }), (before, after, size) => {
        const blocks = blocksOf(before, size);
        const changes = difference(before, after);
        expect(entriesOf(patchIndex(blocks, changes))).to.deep.equal(after);
        const replaced: TreeEntry[] = [];
        const patch = { blocks, decode: treeEntries, changes, replaced: (entry: TreeEntry) => replaced.push(entry) };
        expect([...patchBlocks(patch)].flatMap(partEntries)).to.deep.equal(after);
        const same = new Set(after.map((entry) => JSON.stringify(entry)));
        const gone = before.filter((entry) => !same.has(JSON.stringify(entry)));
        expect(replaced).to.deep.equal(gone);
      }),
      { numRuns: 500 },
    );
  });

  const tree = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name) => [
    directory(name),
    ...['1', '2', '3'].map((file) => directory(`${name}/${file}`)),
  ]);
  const blocks = blocksOf(tree, 4);
  const cases: readonly (readonly [string, IndexEntry, readonly number[]])[] = [
    ['something new', directory('c/4'), [2]],
    ['something before all', directory('0'), [0]],
    ['something after all', directory('z'), [5]],
    ['something that goes', { type: 'deleted', path: 'b/1' }, [1]],
    ['a directory that goes', { type: 'deleted', path: 'd' }, [3]],
    ['a directory as it was', directory('e'), [4]],
  ];
  for (const [what, change, touched] of cases) {
    it(`leave blocks as they are where there is none: ${what}`, () => {
      const kept = new Set(patchIndex(blocks, [change]));
      const rewritten = blocks.flatMap((block, number) => (kept.has(block) ? [] : [number]));
      expect(rewritten).to.deep.equal(touched);
    });
  }

  it('reach into all blocks below a directory that goes', () => {
    const small = blocksOf(tree, 1);
    const patched = patchIndex(small, [{ type: 'deleted', path: 'b' }]);
    expect(patched).to.deep.equal([...small.slice(0, 4), ...small.slice(8)]);
  });

  it('leave no block as it is where none may stay', () => {
    const parts = [...patchBlocks({ blocks, decode: treeEntries, changes: [], mayStay: false })];
    expect(parts.flatMap((part) => ('entry' in part ? [part.entry] : []))).to.deep.equal(tree);
  });
});

function directory(path: string): TreeEntry {
  return { type: 'directory', path, ...PLACE };
}

function blocksOf(entries: readonly IndexEntry[], size: number): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < entries.length; at += size) {
    const writer = new BlockWriter();
    for (const entry of entries.slice(at, at + size)) writer.add(entry);
    blocks.push(...writer.finish());
  }
  return blocks;
}

function entriesOf(blocks: readonly Block[]): IndexEntry[] {
  return blocks.flatMap((block) => [...treeEntries(block)]);
}

function* treeEntries({ data, count }: Block): IterableIterator<TreeEntry> {
  let seen = 0;
  for (const entry of readBlock(new ByteReader(data, 'a block'))) {
    seen++;
    if (entry.type !== 'deleted') yield entry;
  }
  expect(seen, 'entries of the block').to.equal(count);
}

function partEntries(part: { readonly block: Block } | { readonly entry: TreeEntry }): TreeEntry[] {
  return 'block' in part ? [...treeEntries(part.block)] : [part.entry];
}
