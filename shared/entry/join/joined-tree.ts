import { comparePaths, isBelow } from '../../archive/paths/path.ts';
import type { DirectoryEntry, FileEntry, TreeEntry } from '../../archive/entries/tree-entry.ts';
import type { Steps } from '../../pace.ts';
import type { Decide, Decision } from './decision.ts';

/** The live entries of one image, in path order; may be run more than once. */
export type Entries = () => Iterable<TreeEntry>;

/** An entry, and the tree that it is from. */
interface JoinedEntry {
  readonly entry: TreeEntry;
  readonly tree: number;
}

export interface JoinedTree {
  /** Gives nothing where the work may rest (pace.ts). */
  entries(): IterableIterator<JoinedEntry | undefined>;
  /** Paths that two tasks changed in different ways. Known after a run of `entries`. */
  readonly conflicts: readonly string[];
  /**
   * True when a further name became a file of its own. Its content is where that of the file is, and the header in the layer has the file's path.
   * Known after a run of `entries`.
   */
  readonly hasFreed: boolean;
}

const LISTED_CONFLICTS = 1000;

/** Several trees as one, path by path. A tree that is not there is empty. */
export function joinTrees(trees: readonly (Entries | undefined)[], decide: Decide): JoinedTree {
  const conflicts: string[] = [];
  let hasFreed = false;
  return {
    conflicts,
    get hasFreed() {
      return hasFreed;
    },
    *entries() {
      conflicts.length = 0;
      hasFreed = false;
      const files = yield* linkedFiles(trees);
      const linked = files.size > 0 ? yield* chosenFiles(trees, decide, files) : new Map<string, TreeEntry>();
      for (const joined of withParents(trees, decide, { files, conflicts })) {
        const freed = joined === undefined ? undefined : freedFile(joined, files, linked);
        hasFreed ||= freed !== undefined;
        yield freed ?? joined;
      }
    },
  };
}

/** The files that have further names, by tree and path. */
type LinkedFiles = ReadonlyMap<string, FileEntry>;

/** Keeps a directory that one task removed while another made something in it, and nothing below what is no directory. */
function* withParents(
  trees: readonly (Entries | undefined)[],
  decide: Decide,
  { files, conflicts }: { readonly files: LinkedFiles; readonly conflicts: string[] },
): IterableIterator<JoinedEntry | undefined> {
  const removed: { readonly entry: DirectoryEntry; readonly tree: number }[] = [];
  let blocked = '';
  for (const { path, versions } of byPath(trees)) {
    while (removed.length > 0 && !isBelow(path, removed.at(-1)?.entry.path ?? '')) removed.pop();
    const { chosen, conflict } = decideAmong(versions, decide, files);
    const entry = versions[chosen];
    if (conflict && conflicts.length < LISTED_CONFLICTS) conflicts.push(path);
    if (entry === undefined) {
      const tree = versions.findIndex((version) => version?.type === 'directory');
      const directory = versions[tree];
      if (directory?.type === 'directory') removed.push({ entry: directory, tree });
    }
    if (entry === undefined || (blocked !== '' && isBelow(path, blocked))) {
      yield undefined;
      continue;
    }
    blocked = entry.type === 'directory' ? '' : path;
    for (const parent of removed.splice(0)) yield parent;
    yield { entry, tree: chosen };
  }
}

/** Runs through all trees at once. */
function* byPath(trees: readonly (Entries | undefined)[]) {
  const heads = trees.map((entries) => entries?.()[Symbol.iterator]());
  const next = heads.map((head) => head?.next());
  for (;;) {
    let path: string | undefined;
    for (const item of next) {
      if (item === undefined || item.done === true) continue;
      if (path === undefined || comparePaths(item.value.path, path) < 0) path = item.value.path;
    }
    if (path === undefined) return;
    const versions: (TreeEntry | undefined)[] = [];
    for (const [at, item] of next.entries()) {
      const here = item !== undefined && item.done !== true && item.value.path === path ? item.value : undefined;
      versions.push(here);
      if (here !== undefined) next[at] = heads[at]?.next();
    }
    yield { path, versions };
  }
}

/** A time that was restored and read back may differ by less than this. */
const TIME_GRAIN_NS = 2000;

/** Directories have a new time whenever something in them has changed, which says nothing more. */
function isSame(a: TreeEntry, b: TreeEntry): boolean {
  if (a.type !== b.type || (a.mode !== b.mode && a.type !== 'symlink')) return false;
  if (a.type === 'directory') return true;
  if (a.type === 'file') return b.type === 'file' && a.digest === b.digest && isSameTime(a, b);
  return b.type !== 'file' && b.type !== 'directory' && a.target === b.target;
}

function isSameTime(a: FileEntry, b: FileEntry): boolean {
  const seconds = a.mtimeSec - b.mtimeSec;
  return Math.abs(seconds) <= 1 && Math.abs(seconds * 1e9 + a.mtimeNs - b.mtimeNs) < TIME_GRAIN_NS;
}

/**
 * Decides about a path among its versions. A change of a file is one under all of its names. So two further names are the same where the paths that
 * they name are. Which of the names is the file, and which a further one, follows from the order of paths: while the content is the same, that counts
 * less than any change.
 */
function decideAmong(versions: readonly (TreeEntry | undefined)[], decide: Decide, files: LinkedFiles): Decision {
  if (files.size === 0 || versions.every((version) => version?.type !== 'hardlink')) return decide(versions, isSame);
  const named = (entry: TreeEntry): TreeEntry =>
    (entry.type === 'hardlink' ? files.get(keyOf(versions.indexOf(entry), entry.target)) : undefined) ?? entry;
  const holdSame = (a: TreeEntry, b: TreeEntry): boolean => isSame(named(a), named(b));
  const byContent = decide(versions, holdSame);
  const { chosen } = decide(versions, (a, b) => isSame(a, b) && holdSame(a, b));
  const [one, other] = [versions[byContent.chosen], versions[chosen]];
  const agree = one !== undefined && other !== undefined && holdSame(one, other);
  return agree ? { chosen, conflict: byContent.conflict } : byContent;
}

function* linkedFiles(trees: readonly (Entries | undefined)[]): Steps<LinkedFiles> {
  const files = new Map<string, FileEntry>();
  for (const [tree, entries] of trees.entries()) {
    const targets = new Set<string>();
    for (const entry of entries?.() ?? []) {
      if (entry.type === 'hardlink') targets.add(entry.target);
      yield;
    }
    if (targets.size === 0) continue;
    for (const entry of entries?.() ?? []) {
      if (entry.type === 'file' && targets.has(entry.path)) files.set(keyOf(tree, entry.path), entry);
      yield;
    }
  }
  return files;
}

/** What the join has at the paths of files with further names. */
function* chosenFiles(
  trees: readonly (Entries | undefined)[],
  decide: Decide,
  files: LinkedFiles,
): Steps<Map<string, TreeEntry>> {
  const paths = new Set([...files.values()].map(({ path }) => path));
  const chosen = new Map<string, TreeEntry>();
  for (const joined of withParents(trees, decide, { files, conflicts: [] })) {
    if (joined !== undefined && paths.has(joined.entry.path)) chosen.set(joined.entry.path, joined.entry);
    yield;
  }
  return chosen;
}

/** A further name stays one while the join has the file that it names; else it becomes a file of its own, which this gives. */
function freedFile(
  { entry, tree }: JoinedEntry,
  files: LinkedFiles,
  chosen: ReadonlyMap<string, TreeEntry>,
): JoinedEntry | undefined {
  if (entry.type !== 'hardlink') return undefined;
  const file = files.get(keyOf(tree, entry.target));
  const there = chosen.get(entry.target);
  const stays = file === undefined || (there !== undefined && isSame(there, file));
  return stays ? undefined : { entry: { ...file, path: entry.path }, tree };
}

function keyOf(tree: number, path: string): string {
  return `${tree}/${path}`;
}
