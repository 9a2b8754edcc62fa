import { expect } from 'chai';
import * as fc from 'fast-check';
import { FRAME_BYTES } from '../../../../shared/archive/format.ts';
import { FramePlanner, partsOf } from '../../../../shared/archive/pack/frame-planner.ts';
import type { Unit } from '../../../../shared/archive/pack/frame-planner.ts';
import type { PackItem } from '../../../../shared/archive/pack/pack-task.ts';
import { TAR_END_BYTES, padded } from '../../../../shared/archive/tar/ustar-block.ts';
import { writeHeader } from '../../../../shared/archive/tar/tar-header.ts';

const SCRATCH = Buffer.alloc(64 * 1024);

describe('a plan of frames', () => {
  const file = (path: string): PackItem => ({ kind: 'file', path, seen: { size: 0, mtimeMs: 0, ctimeMs: 0 } });
  const plan = (files: readonly (readonly [path: string, size: number])[]): Unit[] => {
    const planner = new FramePlanner();
    return [...files.flatMap(([path, size]) => planner.add(file(path), size)), ...planner.finish()];
  };
  const shown = (unit: Unit | undefined): string[] =>
    unit?.kind === 'frame' ? unit.items.map(({ kind, path }) => `${kind} ${path}`) : ['large'];

  it('has what is small in one', () => {
    expect(
      plan([
        ['a', 1],
        ['b', 2],
      ]).map(shown),
    ).to.deep.equal([['file a', 'file b']]);
  });

  it('begins each frame with the directories above', () => {
    const units = plan([
      ['a/b/c', 9e6],
      ['a/b/d', 9e6],
      ['a/e', 1],
      ['f', 1],
    ]);
    expect(units.map(shown)).to.deep.equal([
      ['ancestor a', 'ancestor a/b', 'file a/b/c'],
      ['ancestor a', 'ancestor a/b', 'file a/b/d', 'file a/e', 'file f'],
    ]);
  });

  it('gives a file that fits in no frame frames of its own', () => {
    expect(
      plan([
        ['a', 1],
        ['d/big', FRAME_BYTES],
        ['z', 1],
      ]).map(shown),
    ).to.deep.equal([['file a'], ['large'], ['file z']]);
  });

  it('never fills a frame past its end, whatever the names and sizes', () => {
    const name = fc.stringMatching(/^[a-z]{1,60}$|^\.wh\.[a-z]{1,60}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 12 }).map((names) => names.join('/'));
    const sizes = fc.oneof(fc.nat(100_000), fc.integer({ min: FRAME_BYTES / 4, max: FRAME_BYTES * 2 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(path, sizes), { maxLength: 30 }), (files) => {
        const bySize = new Map(files);
        for (const unit of plan([...bySize])) {
          const frames = unit.kind === 'frame' ? [unit.items] : [...partsOf(unit.path, unit.size, unit.ancestors)];
          for (const items of frames) {
            const used = items.reduce((sum, item) => sum + bytesOf(item, bySize), TAR_END_BYTES);
            expect(used).to.be.at.most(FRAME_BYTES);
          }
        }
      }),
    );
  });

  it('cuts a large file into parts that follow each other', () => {
    const size = 3 * FRAME_BYTES + 17;
    let position = 0;
    for (const [item] of partsOf('big', size, [])) {
      expect(item).to.include({ kind: 'part', path: 'big', size, position });
      const length = item?.kind === 'part' ? item.length : 0;
      position += length;
      if (position < size) expect(length % 512).to.equal(0);
    }
    expect(position).to.equal(size);
  });
});

/** The most that an item takes: times with nanoseconds need PAX headers. */
function bytesOf(item: PackItem, sizes: ReadonlyMap<string, number>): number {
  if (item.kind === 'part' && item.position > 0) return padded(item.length);
  const size = item.kind === 'part' ? item.length : item.kind === 'file' ? (sizes.get(item.path) ?? 0) : 0;
  const type = item.kind === 'ancestor' ? 'directory' : 'file';
  const header = { type, path: item.path, mode: 0o7777, mtimeSec: -1, mtimeNs: 999_999_999, size, target: '' } as const;
  return writeHeader(SCRATCH, 0, header) + padded(size);
}
