import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stateOf } from '../../../../../shared/archive/files/state/file-state.ts';
import { LiveSums } from '../../../../../shared/archive/index/live-sums.ts';
import { openStatCache } from '../../../../../shared/archive/stat-cache/stat-cache.ts';
import { StatCacheWriter } from '../../../../../shared/archive/stat-cache/stat-cache-writer.ts';
import type { StatCache } from '../../../../../shared/archive/stat-cache/stat-cache.ts';
import { selectionOf } from '../../../../../shared/archive/paths/selection.ts';
import type { WalkItem } from '../../../../../shared/archive/files/walk/walk.ts';
import type { TreeEntry } from '../../../../../shared/archive/entries/tree-entry.ts';
import { compareStatCache } from '../../../../../shared/entry/upload/compare/compare-stat-cache.ts';
import { compareTree } from '../../../../../shared/entry/upload/compare/compare-tree.ts';
import type { Comparison } from '../../../../../shared/entry/upload/compare/compare-tree.ts';
import { changeTree, seeded } from '../../../../support/tree/change-tree.ts';
import { walked } from '../../../../support/tree/walked.ts';

const DIGEST = `sha256:${'1'.repeat(64)}`;
/** Past all times of this test: every state is settled. */
const LATER = Date.now() + 1e9;

describe('a comparison of a workspace with its stat cache', () => {
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'compare-record-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

  const statCache = (selection = selectionOf([], []), allNames = true): StatCache => {
    const writer = StatCacheWriter.open(dir, selection);
    for (const item of walked(dir, selection)) writer?.add(entry(item), stateOf(item.stats));
    writer?.commit({ digest: DIGEST, sums: new LiveSums(), takenAt: LATER, allNames });
    const opened = openStatCache(dir, selection);
    if (opened === undefined) throw new Error('no record');
    return opened;
  };
  const compare = (known: StatCache, selection = selectionOf([], [])): { changes: string[]; seen: string[] } => {
    const seen: string[] = [];
    const onItem = (path: string): void => void seen.push(path);
    const found = compareStatCache({
      dir,
      selection,
      statCache: known,
      entries: [...known.entries()].length,
      moving: new Set(),
      counts: { special: 0 },
      onItem,
    });
    return { changes: [...found].flatMap(line), seen };
  };

  for (const allNames of [true, false]) {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      it(`says what a walk says (seed ${seed}, ${allNames ? 'with' : 'without'} names)`, () => {
        const random = seeded(seed);
        for (let round = 0; round < 15; round++) {
          changeTree(dir, random, round === 0 ? 80 : 10);
          const selection = [
            selectionOf(['a', 'b/c'], ['**/e*']),
            selectionOf(['*/[a-c]', 'd', '!**/a'], []),
            selectionOf([], []),
          ][round % 3]!;
          const known = statCache(selection, allNames);
          passTick(dir);
          changeTree(dir, random, random(8));
          const items = [...walked(dir, selection)];
          const expected = [...compareTree(items, known.entries(), LATER)].filter((each) => each?.kind !== 'kept');
          const { changes, seen } = compare(known, selection);
          expect(changes).to.deep.equal(expected.flatMap(line));
          expect(seen).to.deep.equal(items.map(({ path }) => path));
          known.close();
        }
      });
    }
  }

  it('lists no directory that is as it was, and every one of a stat cache that may lack names', () => {
    fs.mkdirSync(join(dir, 'a/b'), { recursive: true });
    fs.writeFileSync(join(dir, 'a/b/file'), '');
    const writer = StatCacheWriter.open(dir, selectionOf([], []));
    const items = [...walked(dir, selectionOf([], []))];
    // As if the file had been left out: only who lists the directory finds it.
    for (const item of items.slice(0, 2)) writer?.add(entry(item), stateOf(item.stats));
    writer?.commit({ digest: DIGEST, sums: new LiveSums(), takenAt: LATER, allNames: true });
    expect(compare(open(dir)).seen).to.deep.equal(['a', 'a/b']);
    const careful = StatCacheWriter.open(dir, selectionOf([], []));
    for (const item of items.slice(0, 2)) careful?.add(entry(item), stateOf(item.stats));
    careful?.commit({ digest: DIGEST, sums: new LiveSums(), takenAt: LATER, allNames: false });
    expect(compare(open(dir)).changes).to.deep.equal(['a/b/file new']);
  });

  it('follows names that are not UTF-8', () => {
    const name = Buffer.concat([Buffer.from(`${dir}/d/`), Buffer.from([0xff, 0xe4])]);
    fs.mkdirSync(join(dir, 'd'));
    fs.writeFileSync(name, 'x');
    const known = statCache();
    passTick(dir);
    expect(compare(known).changes).to.deep.equal([]);
    fs.writeFileSync(name, 'longer');
    expect(compare(known).changes).to.deep.equal(['d/\xff\xe4 new']);
  });
});

function open(dir: string): StatCache {
  const statCache = openStatCache(dir, selectionOf([], []));
  if (statCache === undefined) throw new Error('no record');
  return statCache;
}

/** Until a change gets another time than the one before it: what is settled is not what is tested here. */
function passTick(dir: string): void {
  const probe = join(dir, '.tekton-cache', 'probe');
  const now = (): number => {
    fs.writeFileSync(probe, '.');
    return fs.statSync(probe).mtimeMs;
  };
  const before = now();
  const deadline = Date.now() + 5000;
  while (now() === before) if (Date.now() > deadline) throw new Error('the clock of the file system stands still');
}

function line(comparison: Comparison | undefined): string | [] {
  if (comparison === undefined) return [];
  if (comparison.kind === 'gone') return `${comparison.path} gone ${comparison.below}`;
  const known = 'known' in comparison ? JSON.stringify(comparison.known) : '';
  return `${comparison.item.path} ${comparison.kind}${known === undefined || known === '' ? '' : ` ${known}`}`;
}

function entry({ path, type, stats }: WalkItem): TreeEntry {
  const place = { path, layer: 1, frame: 0, offset: 512, mode: stats.mode & 0o7777, mtimeSec: 1, mtimeNs: 0 };
  if (type === 'file') return { type, ...place, size: stats.size, digest: '0'.repeat(64) };
  return type === 'directory' ? { type, ...place } : { type, ...place, target: 'anywhere' };
}
