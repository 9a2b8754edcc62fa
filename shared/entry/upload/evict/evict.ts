/** Removes from a directory what its cache does without. */
import * as fs from 'node:fs';
import { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import { errnoOf } from '../../../archive/files/errno.ts';
import { walk } from '../../../archive/files/walk/walk.ts';
import type { WalkItem } from '../../../archive/files/walk/walk.ts';
import { GlobState } from '../../../glob/glob-state.ts';
import { readGlobs } from '../../../glob/glob.ts';
import { parentOf, toByteString } from '../../../archive/paths/path.ts';
import type { Selection } from '../../../archive/paths/selection.ts';
import type { Steps } from '../../../pace.ts';
import type { EvictionRule } from '../../entry.ts';
import { judge } from './idle.ts';
import { readRecord, writeRecord } from './idle-record.ts';
import { markJudged, wasJudged } from './judged-mark.ts';
import { leastRecentlyUsed } from './least-recently-used.ts';
import { unitsOf } from './unit.ts';
import type { Unit, UsedFile } from './unit.ts';

export interface Bounds {
  /** Bytes of what the rule names, or of all files without one. */
  readonly maxSize?: number;
  /** The rule of the tool. Without it no file goes for want of use, and the files that were changed longest ago go first. */
  readonly rule?: EvictionRule;
  /** When the directory was last fetched or uploaded, a time of its file system in ms. */
  readonly sinceMs?: number;
}

export interface Evicted {
  /** Sentences for the log. */
  readonly notes: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const BY_FILE = { unit: 'file', usedBy: 'mtime' } as const;

/**
 * A file that is gone meanwhile, or that may not be removed, stays out of the count.
 *
 * @throws CacheError `Unreadable` as a walk does
 */
export function* evict(dir: string, selection: Selection, { maxSize, rule, sinceMs }: Bounds): Steps<Evicted> {
  const units = unitsOf(yield* filesOf(dir, selection, rule), rule ?? BY_FILE);
  const root = DirectoryRoot.open(toByteString(dir));
  try {
    // A try that follows a failed one over the same state counts neither a use nor the lack of one.
    const countsSinceMs = sinceMs !== undefined && wasJudged(root, sinceMs) ? undefined : sinceMs;
    const { evicted: idle, record } =
      rule === undefined ? NOTHING_IDLE : judge(units, rule, countsSinceMs, readRecord(root));
    const kept = without(units, idle);
    const tooMuch = maxSize === undefined ? [] : leastRecentlyUsed(kept, maxSize);
    const notes = [
      ...note(yield* remove(root, idle), 'no build has used them for some time'),
      ...note(yield* remove(root, tooMuch), `they were used longest ago, and the limit is ${maxSize}`),
    ];
    if (rule !== undefined) {
      yield* settle(root, without(kept, tooMuch), rule);
      writeRecord(root, record);
      if (countsSinceMs !== undefined) markJudged(root, countsSinceMs);
    }
    return { notes };
  } finally {
    root.close();
  }
}

const NOTHING_IDLE = { evicted: [], record: new Map<string, number>() };

/** A glob names a file, or a directory that the tool marks in place of the files in it. */
function* filesOf(dir: string, selection: Selection, rule: EvictionRule | undefined): Steps<UsedFile[]> {
  const globs = rule === undefined ? undefined : GlobState.top(readGlobs('eviction', rule.files));
  const files: UsedFile[] = [];
  /** Directories that a glob names. */
  const marked = new Map<string, WalkItem>();
  for (const item of walk(dir, selection, { special: 0 })) {
    yield;
    if (item === undefined || item.type === 'symlink') continue;
    const { path, type, stats } = item;
    const isNamed = globs === undefined || globs.at(path).matched.length > 0;
    if (type === 'directory') {
      if (isNamed) marked.set(path, item);
      continue;
    }
    const bearer = isNamed ? item : marked.get(parentOf(path));
    if (bearer === undefined) continue;
    const { mtimeMs, atimeMs, ctimeMs } = bearer.stats;
    files.push({ path, size: stats.size, markedAt: bearer.path, mtimeMs, atimeMs, ctimeMs });
  }
  return files;
}

function without(units: readonly Unit[], some: readonly Unit[]): readonly Unit[] {
  const gone = new Set(some);
  return gone.size === 0 ? units : units.filter((unit) => !gone.has(unit));
}

/** The files in path order, so that the handle of a parent mostly serves the next file too. */
function inOrder(units: readonly Unit[]): UsedFile[] {
  return units.flatMap(({ files }) => files).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function* remove(root: DirectoryRoot, units: readonly Unit[]): Steps<UsedFile[]> {
  const removed: UsedFile[] = [];
  for (const file of inOrder(units)) {
    yield;
    if (isDone(() => fs.unlinkSync(root.at(file.path)))) removed.push(file);
  }
  const emptied = [...new Set(removed.map(({ path }) => parentOf(path)))];
  // From the bottom up: what was the only one in its directory takes that along.
  for (let parents = emptied; parents.length > 0;) {
    const gone = parents.filter((path) => path !== '' && isDone(() => fs.rmdirSync(root.at(path))));
    parents = [...new Set(gone.map(parentOf))];
  }
  return removed;
}

function note(removed: readonly UsedFile[], why: string): string[] {
  const bytes = removed.reduce((sum, { size }) => sum + size, 0);
  return removed.length === 0 ? [] : [`${removed.length} files of ${bytes} bytes were removed: ${why}.`];
}

/**
 * Gives the marks of a day one time, early enough for the tool to mark the file at its next use. So the next upload sees each use,
 * and a day's builds of the same sources make the same entry.
 */
function* settle(root: DirectoryRoot, units: readonly Unit[], { usedBy, markedEveryMs }: EvictionRule): Steps {
  if (usedBy !== 'mtime') return;
  const settledMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - markedEveryMs;
  for (const { markedAt, mtimeMs } of inOrder(units)) {
    yield;
    if (mtimeMs > settledMs) isDone(() => fs.lutimesSync(root.at(markedAt), settledMs / 1000, settledMs / 1000));
  }
}

/** False where the file system refuses. */
function isDone(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
