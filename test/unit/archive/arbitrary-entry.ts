/** Trees of entries as fast-check makes them up. */
import * as fc from 'fast-check';
import { comparePaths, isBelow, parentOf } from '../../../shared/archive/paths/path.ts';
import type { IndexEntry, TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';

const name = fc
  .oneof(
    fc.constantFrom('a', 'b', 'c', '.wh.x', 'a.b', '\xff\xfe', 'new\nline', 'n'.repeat(255)),
    fc.stringMatching(/^[a-z]{1,8}$/),
  )
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));

const located = {
  path,
  layer: fc.nat(3),
  frame: fc.nat(5),
  offset: fc.nat(1000).map((n) => n * 512),
  mode: fc.nat(0o7777),
  mtimeSec: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  mtimeNs: fc.nat(999_999_999),
};

export const arbitraryEntry: fc.Arbitrary<TreeEntry> = fc.oneof(
  fc.record({ type: fc.constant('file' as const), ...located, size: fc.maxSafeNat(), digest }),
  fc.record({ type: fc.constant('directory' as const), ...located }),
  fc.record({
    type: fc.constant('symlink' as const),
    ...located,
    target: fc.constantFrom('x', '/etc/passwd', '../..', '\xff'),
  }),
  fc.record({ type: fc.constant('hardlink' as const), ...located, target: path }),
);

/** In order, each path once, every parent a directory of the list. */
export const arbitraryTree: fc.Arbitrary<TreeEntry[]> = fc.array(arbitraryEntry, { maxLength: 40 }).map(wellFormed);

export function wellFormed(entries: readonly TreeEntry[]): TreeEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const entry of entries) {
    for (let parent = parentOf(entry.path); parent !== ''; parent = parentOf(parent)) {
      if (byPath.get(parent)?.type === 'directory') continue;
      const { layer, frame, offset, mode, mtimeSec, mtimeNs } = entry;
      byPath.set(parent, { type: 'directory', path: parent, layer, frame, offset, mode, mtimeSec, mtimeNs });
    }
  }
  return [...byPath.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** What changes `before` into `after`, as a delta holds it. */
export function difference(before: readonly TreeEntry[], after: readonly TreeEntry[]): IndexEntry[] {
  const now = new Map(after.map((entry) => [entry.path, entry]));
  const then = new Map(before.map((entry) => [entry.path, entry]));
  const changes: IndexEntry[] = after.filter((entry) => JSON.stringify(then.get(entry.path)) !== JSON.stringify(entry));
  const hiders: string[] = changes.filter((entry) => entry.type !== 'directory').map((entry) => entry.path);
  for (const { path: gone } of before) {
    if (now.has(gone) || hiders.some((hider) => isBelow(gone, hider))) continue;
    changes.push({ type: 'deleted', path: gone });
    hiders.push(gone);
  }
  return changes.sort((a, b) => comparePaths(a.path, b.path));
}
