/**
 * Merges what an entry wants with what a directory has, both in path order, into the operations that make the second the first,
 * and prepares in staging all that needs no content. Nothing that is visible changes here.
 */
import * as fs from 'node:fs';
import type { Steps } from '../../pace.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { at, attributesAt, exists, msOf, type Attributes } from '../files/attributes.ts';
import { type Operation } from '../commit/operation.ts';
import { comparePaths, isBelow, parentOf, printable } from '../paths/path.ts';
import { isOutside, relationOf } from '../paths/selection.ts';
import type { Relation, Selection } from '../paths/selection.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, FileEntry, HardlinkEntry, SymlinkEntry, TreeEntry } from '../entries/tree-entry.ts';
import { realPathIn } from '../files/in-tree.ts';
import { foundAttributes, type WalkItem } from '../files/walk/walk.ts';

export interface RestorePlanOptions {
  readonly staging: Staging;
  /** The workspace's own directory, as it was found. */
  readonly root: fs.Stats;
  /** What is there, without what is outside of the selection. */
  readonly found: Iterator<WalkItem | undefined>;
  readonly selection: Selection;
  /** Does a directory hold anything that must not be touched? Not given where nothing is excluded. */
  readonly holdsExcluded: ((path: string) => Steps<boolean>) | undefined;
  /** Is the content of a found file that of the entry? Their sizes are equal. */
  readonly hasContent: (found: WalkItem, entry: FileEntry) => Steps<boolean>;
  readonly preparation: Preparation;
  /** Told of what is there as the entry has it, and stays untouched. */
  readonly untouched?: (number: number, found: WalkItem) => void;
  /** Remove what the entry does not have. */
  readonly clean: boolean;
}

/** Gets things into the tree of staging, now or later but before the commit. */
export interface Preparation {
  /**
   * @param number of the entry in the index, from 0
   * @param moved it comes to its place by itself, not with its directory
   */
  file(number: number, entry: FileEntry, moved: boolean): void;
  link(entry: SymlinkEntry | HardlinkEntry): void;
  /** @param mode that it has while it is moved to its place */
  directory(entry: DirectoryEntry, mode: number): void;
  /** A directory that is there already and in which something is going to be staged. */
  mirror(path: string): void;
}

interface OpenDirectory {
  readonly path: string;
  /** Undefined when the directory is new. */
  readonly found?: WalkItem;
  /** Its attributes, where the entry gives them, and the entry's number. */
  readonly wanted?: DirectoryEntry;
  readonly number?: number;
  /** It stands in staging, too. */
  mirrored: boolean;
  /** The journal remembers its attributes. */
  kept: boolean;
}

const PROTECTED = 0o300;

export class RestorePlan {
  readonly #options: RestorePlanOptions;
  readonly #staging: Staging;
  readonly #open: OpenDirectory[];
  readonly #user = process.geteuid?.() ?? 0;
  /** Files of the entry that are there, with several names, and stay: their inodes by their paths. */
  readonly #linked = new Map<string, string>();
  /** Inodes with several names that are files of the entry already: another file of it needs one of its own. */
  readonly #inodes = new Set<string>();
  #next: WalkItem | undefined;
  #hasBegun = false;
  #unsettable = 0;
  #leftOut = 0;
  /** A path outside of the selection: so is all below it. */
  #outside = '';

  constructor(options: RestorePlanOptions) {
    this.#options = options;
    this.#staging = options.staging;
    this.#open = [
      { path: '', found: { path: '', type: 'directory', stats: options.root }, mirrored: true, kept: false },
    ];
  }

  /** Paths whose mode or time belongs to another user. */
  get unsettable(): number {
    return this.#unsettable;
  }

  /** Entries outside of the selection. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * Entries come in path order.
   *
   * @param number of the entry in the index, from 0
   */
  *add(number: number, entry: TreeEntry): Steps {
    const relation = this.#relation(entry);
    if (relation === 'outside') {
      this.#leftOut += 1;
      return;
    }
    if (!this.#hasBegun) yield* this.#begin();
    while (this.#next !== undefined && comparePaths(this.#next.path, entry.path) < 0) yield* this.#extra(this.#next);
    this.#leaveTo(parentOf(entry.path));
    const found = this.#next;
    if (found?.path !== entry.path) {
      if (relation === 'above') this.#checkWay(entry.path);
      this.#stage(number, entry);
      return;
    }
    while (!this.#advance()) yield;
    yield* this.#meet(number, entry, found, relation);
  }

  /** What is on the way to a chosen path is not chosen: nothing takes its place, but for a link that leads to nothing in the workspace. */
  #checkWay(path: string): void {
    const { root } = this.#staging;
    if (this.#top.found === undefined || !exists(at(root, path)) || realPathIn(root, path) === undefined) return;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${printable(path)} is no directory, or a link to one, and \`paths\` lead through it: name what is behind it, or remove it.`,
    );
  }

  *finish(): Steps {
    if (!this.#hasBegun) yield* this.#begin();
    while (this.#next !== undefined) yield* this.#extra(this.#next);
    while (this.#open.length > 0) this.#leave();
  }

  #relation(entry: TreeEntry): Relation {
    if (this.#outside !== '' && isBelow(entry.path, this.#outside)) return 'outside';
    const relation = this.#options.selection.relation(entry.path);
    if (!isOutside(relation, entry.type === 'directory')) return relation;
    this.#outside = entry.path;
    return 'outside';
  }

  *#begin(): Steps {
    this.#hasBegun = true;
    while (!this.#advance()) yield;
  }

  /** False where the walk has not come to the next one yet. */
  #advance(): boolean {
    const next = this.#options.found.next();
    this.#next = next.done === true ? undefined : next.value;
    return next.done === true || next.value !== undefined;
  }

  *#skipBelow(path: string): Steps {
    while (this.#next !== undefined && isBelow(this.#next.path, path)) {
      do yield;
      while (!this.#advance());
    }
  }

  *#holdsExcluded(path: string): Steps<boolean> {
    const { holdsExcluded } = this.#options;
    return holdsExcluded !== undefined && (yield* holdsExcluded(path));
  }

  /** Something that the entry does not have. */
  *#extra(found: WalkItem): Steps {
    do yield;
    while (!this.#advance());
    if (!this.#options.clean) return;
    this.#leaveTo(parentOf(found.path));
    const above = this.#options.selection.relation(found.path) === 'above';
    if (found.type === 'directory' && (above || (yield* this.#holdsExcluded(found.path)))) {
      this.#open.push({ path: found.path, found, mirrored: false, kept: false });
      return;
    }
    this.#touch();
    this.#keepToMove(found);
    this.#add({ kind: 'remove', path: found.path, slot: this.#staging.newSlot() });
    yield* this.#skipBelow(found.path);
  }

  /** The path is there. */
  *#meet(number: number, entry: TreeEntry, found: WalkItem, relation: Relation): Steps {
    if (entry.type === 'directory' && found.type === 'directory') {
      const directory = { path: entry.path, found, mirrored: false, kept: false };
      this.#open.push(relation === 'inside' ? { ...directory, wanted: entry, number } : directory);
      return;
    }
    if (yield* this.#isSame(entry, found)) {
      if (entry.type !== 'hardlink' && differ(entry, found)) this.#setExisting(found, entry);
      else this.#options.untouched?.(number, found);
      return;
    }
    if (found.type === 'directory' && (yield* this.#holdsExcluded(found.path))) {
      throw new CacheError(
        ERROR_CODES.Unwritable,
        `${printable(entry.path)} is a directory with excluded files in it, and no directory in the entry: ` +
          'remove it, or change the exclude globs.',
      );
    }
    this.#touch();
    this.#mirror();
    this.#keepToMove(found);
    this.#add({ kind: 'replace', path: entry.path, slot: this.#staging.newSlot() });
    yield* this.#skipBelow(entry.path);
    this.#prepare(number, entry);
  }

  *#isSame(entry: TreeEntry, found: WalkItem): Steps<boolean> {
    if (entry.type === 'file') {
      const isLinked = found.stats.nlink > 1;
      if (found.type !== 'file' || found.stats.size !== entry.size) return false;
      if (isLinked && this.#inodes.has(inodeOf(found))) return false;
      if (!(yield* this.#options.hasContent(found, entry))) return false;
      if (isLinked) {
        this.#inodes.add(inodeOf(found));
        this.#linked.set(entry.path, inodeOf(found));
      }
      return true;
    }
    if (entry.type === 'symlink') {
      return (
        found.type === 'symlink' &&
        fs.readlinkSync(at(this.#staging.root, entry.path), { encoding: 'latin1' }) === entry.target
      );
    }
    return entry.type === 'hardlink' && found.type === 'file' && this.#isName(found, entry.target);
  }

  /** Is a found file another name of a file of the entry that stays? What is behind a link now need not be there then. */
  #isName(found: WalkItem, target: string): boolean {
    if (found.stats.nlink === 1 || this.#linked.get(target) !== inodeOf(found)) return false;
    const [one, other] = [found.path, target].map((path) =>
      fs.lstatSync(at(this.#staging.root, path), { bigint: true }),
    );
    return one?.ino === other?.ino;
  }

  /** The path is not there. */
  #stage(number: number, entry: TreeEntry): void {
    if (this.#top.found !== undefined) {
      this.#touch();
      this.#mirror();
      // The walk does not tell of sockets and devices.
      const special = exists(at(this.#staging.root, entry.path));
      if (special) this.#add({ kind: 'replace', path: entry.path, slot: this.#staging.newSlot() });
      else this.#add({ kind: 'place', path: entry.path });
    }
    this.#prepare(number, entry);
  }

  #prepare(number: number, entry: TreeEntry): void {
    if (entry.type === 'directory') this.#prepareDirectory(entry);
    else if (entry.type === 'file') this.#options.preparation.file(number, entry, this.#top.found !== undefined);
    else {
      // What is not restored could have any content.
      if (entry.type === 'hardlink' && !this.#isChosen(entry.target)) throw notRestored(entry);
      this.#options.preparation.link(entry);
    }
  }

  #isChosen(path: string): boolean {
    return relationOf(this.#options.selection, path) === 'inside';
  }

  #prepareDirectory(entry: DirectoryEntry): void {
    const moved = this.#top.found !== undefined;
    // A directory that is write-protected can only be moved by root.
    const later = moved && this.#user !== 0 && (entry.mode & PROTECTED) !== PROTECTED;
    this.#options.preparation.directory(entry, later ? entry.mode | 0o700 : entry.mode);
    if (later) this.#add({ kind: 'set', path: entry.path, attributes: attributesOf(entry) });
    this.#open.push({ path: entry.path, mirrored: true, kept: false });
  }

  #setExisting(found: WalkItem, wanted: Attributes): void {
    if (this.#isForeign(found)) return;
    this.#add({ kind: 'keep', path: found.path, attributes: this.#attributesOf(found), open: false });
    this.#add({ kind: 'set', path: found.path, attributes: attributesOf(wanted) });
  }

  /** The directory in which the current path is. */
  get #top(): OpenDirectory {
    const top = this.#open.at(-1);
    if (top === undefined) throw new CacheError(ERROR_CODES.Internal, 'A path came after the end of the plan.');
    return top;
  }

  /** Something in the current directory is going to change. */
  #touch(): void {
    const top = this.#top;
    if (top.kept || top.found === undefined) return;
    top.kept = true;
    const open = this.#mustOpen(top.found);
    this.#add({ kind: 'keep', path: top.path, attributes: this.#attributesOf(top.found), open });
  }

  #mustOpen(found: WalkItem): boolean {
    return this.#user !== 0 && found.stats.uid === this.#user && (found.stats.mode & PROTECTED) !== PROTECTED;
  }

  #keepToMove(found: WalkItem): void {
    if (found.type !== 'directory' || !this.#mustOpen(found)) return;
    this.#add({ kind: 'keep', path: found.path, attributes: this.#attributesOf(found), open: true });
  }

  /** The current directory and those above it stand in staging, so that something can be staged in it. */
  #mirror(): void {
    for (const directory of this.#open) {
      if (directory.mirrored) continue;
      directory.mirrored = true;
      this.#options.preparation.mirror(directory.path);
    }
  }

  #leaveTo(path: string): void {
    while (this.#top.path !== '' && this.#top.path !== path && !isBelow(path, this.#top.path)) this.#leave();
  }

  #leave(): void {
    const directory = this.#open.pop();
    if (directory?.found === undefined) return;
    const { found, wanted, number, kept } = directory;
    if (wanted !== undefined && (kept || differ(wanted, found))) {
      if (kept && !this.#isForeign(found))
        this.#add({ kind: 'set', path: found.path, attributes: attributesOf(wanted) });
      else if (!kept) this.#setExisting(found, wanted);
    } else if (kept && this.#mustOpen(found)) {
      this.#add({ kind: 'set', path: found.path, attributes: this.#attributesOf(found) });
    } else if (!kept && number !== undefined) {
      this.#options.untouched?.(number, found);
    }
  }

  /** To the nanosecond: they are put back when the commit fails. */
  #attributesOf({ path, stats }: WalkItem): Attributes {
    // The state directory has changed those of the workspace itself.
    if (path === '') return foundAttributes({ stats });
    return attributesAt(at(this.#staging.root, path));
  }

  #isForeign(found: WalkItem): boolean {
    const foreign = this.#user !== 0 && found.stats.uid !== this.#user;
    if (foreign) this.#unsettable += 1;
    return foreign;
  }

  #add(operation: Operation): void {
    this.#staging.add(operation);
  }
}

/** A further name of what is left out. */
export function notRestored({ path, target }: Pick<HardlinkEntry, 'path' | 'target'>): CacheError {
  return new CacheError(
    ERROR_CODES.Unwritable,
    `${printable(path)} is another name of ${printable(target)}, which is not restored: include both, or exclude both.`,
  );
}

function inodeOf({ stats: { dev, ino } }: WalkItem): string {
  return `${dev}:${ino}`;
}

/** Mode and time. A time that is earlier by less than a microsecond is as good as a file system may have it. */
function differ(wanted: Attributes & { readonly type: string }, { stats }: WalkItem): boolean {
  if (wanted.type !== 'symlink' && wanted.mode !== (stats.mode & 0o7777)) return true;
  const earlier = msOf(wanted) - stats.mtimeMs;
  return earlier < 0 || earlier >= 0.001;
}

function attributesOf({ mode, mtimeSec, mtimeNs }: Attributes): Attributes {
  return { mode, mtimeSec, mtimeNs };
}
