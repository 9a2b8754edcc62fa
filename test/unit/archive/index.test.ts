import { expect } from 'chai';
import * as fc from 'fast-check';
import { CacheError } from '../../../shared/errors.ts';
import { BLOCK_BYTES } from '../../../shared/archive/format.ts';
import { mergeIndices } from '../../../shared/archive/index/index-merge.ts';
import { readIndex } from '../../../shared/archive/index/index-reader.ts';
import { BlockWriter, writeIndex } from '../../../shared/archive/index/index-writer.ts';
import type { Block, IndexKind } from '../../../shared/archive/index/index-writer.ts';
import type {
  DirectoryEntry,
  FileEntry,
  IndexEntry,
  LayerFrames,
  TreeEntry,
} from '../../../shared/archive/entries/tree-entry.ts';
import { arbitraryEntry, arbitraryTree, difference } from './arbitrary-entry.ts';

const DIGEST = 'ab'.repeat(32);
const PLACE = { layer: 0, frame: 0, offset: 512, mode: 0o755, mtimeSec: 1, mtimeNs: 2 };
const LAYERS: readonly LayerFrames[] = [{ id: 0, frames: [{ size: 900, tarSize: 8192, digest: DIGEST }] }];

describe('an index', () => {
  it('gives back any tree as it was written', () => {
    fc.assert(
      fc.property(arbitraryTree, (tree) => {
        const reader = readIndex(index('base', tree));
        expect(reader.count).to.equal(tree.length);
        expect([...reader.entries()]).to.deep.equal(tree);
      }),
    );
  });

  it('gives back layers and frames', () => {
    const layers = [...LAYERS, { id: 2 ** 40, frames: [] }];
    expect(readIndex(writeIndex({ kind: 'delta', layers, blocks: [] })).layers).to.deep.equal(layers);
  });

  it('goes past the size of a block', () => {
    const tree = Array.from({ length: 20_000 }, (_, i) => file(`f${String(i).padStart(6, '0')}`));
    const data = index('base', tree);
    expect(tree.length * 40).to.be.greaterThan(BLOCK_BYTES);
    expect([...readIndex(data).entries()]).to.deep.equal(tree);
  });

  it('is read as well when its blocks were written in runs', () => {
    const runs = [[file('a')], [file('b'), file('c')]].flatMap(blocks);
    const data = writeIndex({ kind: 'base', layers: LAYERS, blocks: runs });
    expect([...readIndex(data).entries()].map((entry) => entry.path)).to.deep.equal(['a', 'b', 'c']);
  });

  it('is refused, and nothing else happens, when any byte of it is changed or it is cut', () => {
    const sane = index('base', [directory('d'), file('d/f'), link('symlink', 'l', 'x')]);
    fc.assert(
      fc.property(fc.nat(sane.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
        const data = Buffer.from(cut ? sane.subarray(0, at) : sane);
        if (!cut) data[at] = (data[at] ?? 0) ^ change;
        try {
          for (const entry of readIndex(data).entries()) expect(entry.path).to.be.a('string');
        } catch (error) {
          expect(error).to.be.instanceOf(CacheError).with.property('code', 'InvalidImage');
        }
      }),
      { numRuns: 2000 },
    );
  });

  const refused: readonly (readonly [string, readonly IndexEntry[], IndexKind])[] = [
    ['entries out of order', [file('b'), file('a')], 'base'],
    ['a path twice', [file('a'), file('a')], 'base'],
    ['a file below a file', [file('a'), file('a/b')], 'base'],
    ['a file below a symbolic link', [link('symlink', 'a', '/etc'), file('a/b')], 'base'],
    ['a deletion in a base', [{ type: 'deleted', path: 'a' }], 'base'],
    ['a file below a deletion', [{ type: 'deleted', path: 'a' }, file('a/b')], 'delta'],
    ['an absolute path', [file('/etc/passwd')], 'base'],
    ['a path that climbs', [file('a/../../b')], 'base'],
    ['a mode of more than 12 bits', [{ ...file('a'), mode: 0o10000 }], 'base'],
    ['nanoseconds past a second', [{ ...file('a'), mtimeNs: 1e9 }], 'base'],
    ['a hard link to an absolute path', [link('hardlink', 'a', '/etc/passwd')], 'base'],
    ['an empty link target', [link('symlink', 'a', '')], 'base'],
  ];
  for (const [what, entries, kind] of refused) {
    it(`with ${what} is refused`, () => {
      expect(() => [...readIndex(index(kind, entries)).entries()]).to.throw(CacheError);
    });
  }

  it('that says other than it has is refused', () => {
    for (const count of [0, 2]) {
      const data = writeIndex({
        kind: 'base',
        layers: LAYERS,
        blocks: blocks([file('a')]).map((block) => ({ ...block, count })),
      });
      expect(() => [...readIndex(data).entries()]).to.throw(CacheError, 'invalid');
    }
  });
});

describe('a base and its deltas', () => {
  it('give the last of any sequence of trees', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTree, { minLength: 1, maxLength: 4 }), (made) => {
        const trees = made.map((tree) => tree.map(placed));
        const indices = trees.map((tree, i) =>
          readIndex(i === 0 ? index('base', tree) : index('delta', difference(trees[i - 1] ?? [], tree), [])),
        );
        const merged = mergeIndices(indices, [0]);
        expect([...merged.entries()]).to.deep.equal(trees.at(-1));
        const again = writeIndex({ kind: 'base', layers: LAYERS, blocks: merged.blocks() });
        expect([...readIndex(again).entries()], 'of its blocks').to.deep.equal(trees.at(-1));
      }),
    );
  });

  const refused: readonly (readonly [string, readonly TreeEntry[]])[] = [
    ['no directory for a path', [file('a/b')]],
    ['a layer that the manifest has not', [{ ...file('a'), layer: 7 }]],
    ['a frame that the layer has not', [{ ...file('a'), frame: 1 }]],
    ['an offset without a header before it', [{ ...file('a'), offset: 0 }]],
    ['an offset that is no block', [{ ...file('a'), offset: 700 }]],
    ['content past the end of the layer', [{ ...file('a'), size: 8192 }]],
  ];
  for (const [what, tree] of refused) {
    it(`are refused with ${what}`, () => {
      expect(() => [...mergeIndices([readIndex(index('base', tree))], [0]).entries()]).to.throw(CacheError, 'invalid');
    });
  }

  it('are refused when a layer of the manifest is in none, or in two', () => {
    const base = readIndex(index('base', []));
    expect(() => mergeIndices([base], [0, 1])).to.throw(CacheError, 'no index describes');
    expect(() => mergeIndices([base, readIndex(index('delta', []))], [0])).to.throw(CacheError, 'two indices');
  });

  it('are refused without a base, with two, and with too many deltas', () => {
    const base = readIndex(index('base', []));
    const delta = readIndex(index('delta', [], []));
    for (const bad of [[], [delta], [base, base], [base, ...Array.from({ length: 9 }, () => delta)]]) {
      expect(() => mergeIndices(bad, [])).to.throw(CacheError, 'invalid');
    }
  });
});

describe('an entry of an index', () => {
  it('of any kind comes back', () => {
    fc.assert(
      fc.property(arbitraryEntry, (entry) => {
        expect([...readIndex(index('base', [entry])).entries()]).to.deep.equal([entry]);
      }),
    );
  });
});

function index(kind: IndexKind, entries: readonly IndexEntry[], layers = LAYERS): Buffer {
  return writeIndex({ kind, layers, blocks: blocks(entries) });
}

function blocks(entries: readonly IndexEntry[]): readonly Block[] {
  const writer = new BlockWriter();
  for (const entry of entries) writer.add(entry);
  return writer.finish();
}

function file(path: string): FileEntry {
  return { type: 'file', path, ...PLACE, size: 3, digest: DIGEST };
}

function directory(path: string): DirectoryEntry {
  return { type: 'directory', path, ...PLACE };
}

function link(type: 'symlink' | 'hardlink', path: string, target: string): TreeEntry {
  return { type, path, ...PLACE, target };
}

function placed(entry: TreeEntry): TreeEntry {
  const place = { layer: 0, frame: 0, offset: 512 };
  return entry.type === 'file' ? { ...entry, ...place, size: entry.size % 4096 } : { ...entry, ...place };
}
