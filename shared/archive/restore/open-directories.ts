import type * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { stampOf } from '../commit/operation.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, TreeEntry } from '../entries/tree-entry.ts';
import { at, attributesAt, attributesOf, msOf, type Attributes } from '../files/attributes.ts';
import { foundAttributes, type WalkItem } from '../files/walk/walk.ts';
import { isBelow } from '../paths/path.ts';
import type { Preparation } from './preparation.ts';

export interface OpenDirectory {
  readonly path: string;
  /** Undefined when the directory is new. */
  readonly found?: WalkItem;
  /** Its attributes, where the entry gives them, and the entry's number. */
  readonly wanted?: DirectoryEntry;
  readonly number?: number;
  /** Set where the directory stands in staging, too. */
  mirrored: boolean;
  /** The journal remembers its attributes. */
  kept: boolean;
}

const PROTECTED = 0o300;

interface OpenDirectoriesOptions {
  readonly staging: Staging;
  readonly preparation: Preparation;
  /** The workspace's own directory, as it was found. */
  readonly root: fs.Stats;
  /** Told of what is there as the entry has it, and stays untouched. */
  readonly untouched: ((number: number, found: WalkItem) => void) | undefined;
}

/** The directories that a plan is in, outermost first, and what becomes of their own attributes when something in them changes. */
export class OpenDirectories {
  readonly #options: OpenDirectoriesOptions;
  readonly #open: OpenDirectory[];
  readonly #user = process.geteuid?.() ?? 0;
  #unsettable = 0;

  constructor(options: OpenDirectoriesOptions) {
    this.#options = options;
    this.#open = [
      { path: '', found: { path: '', type: 'directory', stats: options.root }, mirrored: true, kept: false },
    ];
  }

  /** Paths whose mode or time belongs to another user. */
  get unsettable(): number {
    return this.#unsettable;
  }

  enter(directory: OpenDirectory): void {
    this.#open.push(directory);
  }

  leaveAll(): void {
    while (this.#open.length > 0) this.#leave();
  }

  /** Can only root move or change a directory with this mode? */
  isProtected(mode: number): boolean {
    return this.#user !== 0 && (mode & PROTECTED) !== PROTECTED;
  }

  /**
   * True when a new mode or time would also change other names of the file. Those names may lie outside of the entry, as in a store that links its
   * files into many trees. Then the path gets a file of its own.
   */
  setsOthers(found: WalkItem, entry: TreeEntry): boolean {
    const isSet = entry.type === 'file' || entry.type === 'symlink';
    return isSet && found.type === entry.type && found.stats.nlink > 1 && this.#isOurs(found) && differ(entry, found);
  }

  /** What is there gets mode and time of the entry. False where they belong to another user. */
  setExisting(found: WalkItem, wanted: Attributes): boolean {
    if (this.#isForeign(found)) return false;
    this.#set(found, attributesOf(wanted), this.#attributesOf(found));
    return true;
  }

  /** @param before absent where the journal keeps it already */
  #set({ path, stats }: WalkItem, attributes: Attributes, before?: Attributes): void {
    this.#options.staging.add({ kind: 'set', path, attributes, before, stamp: stampOf(stats) });
  }

  /** The directory in which the current path is. */
  get top(): OpenDirectory {
    const top = this.#open.at(-1);
    if (top === undefined) throw new CacheError(ERROR_CODES.Internal, 'A path came after the end of the plan.');
    return top;
  }

  /** Says that something in the current directory is going to change. */
  touch(): void {
    const top = this.top;
    if (top.kept || top.found === undefined) return;
    top.kept = true;
    const open = this.#mustOpen(top.found);
    this.#options.staging.add({ kind: 'keep', path: top.path, attributes: this.#attributesOf(top.found), open });
  }

  #mustOpen(found: WalkItem): boolean {
    return found.stats.uid === this.#user && this.isProtected(found.stats.mode);
  }

  /** A directory is going to be moved away: one of ours that is protected has to be opened for that. */
  keepToMove(found: WalkItem): void {
    if (found.type !== 'directory' || !this.#mustOpen(found)) return;
    this.#options.staging.add({ kind: 'keep', path: found.path, attributes: this.#attributesOf(found), open: true });
  }

  /** The current directory and those above it stand in staging, so that something can be staged in it. */
  mirror(): void {
    for (const directory of this.#open) {
      if (directory.mirrored) continue;
      directory.mirrored = true;
      this.#options.preparation.mirror(directory.path);
    }
  }

  /** Leaves the directories that the path is not in. */
  leaveTo(path: string): void {
    while (this.top.path !== '' && this.top.path !== path && !isBelow(path, this.top.path)) this.#leave();
  }

  #leave(): void {
    const directory = this.#open.pop();
    if (directory?.found === undefined) return;
    const { found, wanted, number, kept } = directory;
    if (wanted !== undefined && (kept || differ(wanted, found))) {
      if (kept && !this.#isForeign(found)) this.#set(found, attributesOf(wanted));
      else if (!kept) this.setExisting(found, wanted);
    } else if (kept && this.#mustOpen(found)) {
      this.#set(found, this.#attributesOf(found));
    } else if (!kept && number !== undefined) {
      this.#options.untouched?.(number, found);
    }
  }

  /** The attributes, to the nanosecond: a commit that fails puts them back. */
  #attributesOf({ path, stats }: WalkItem): Attributes {
    // The state directory has changed those of the workspace itself.
    if (path === '') return foundAttributes({ stats });
    return attributesAt(at(this.#options.staging.root, path));
  }

  #isForeign(found: WalkItem): boolean {
    const foreign = !this.#isOurs(found);
    if (foreign) this.#unsettable += 1;
    return foreign;
  }

  /** May this user set its mode and time? */
  #isOurs(found: WalkItem): boolean {
    return this.#user === 0 || found.stats.uid === this.#user;
  }
}

/** Has the entry another mode or time? A time that is earlier by less than a microsecond is as good as a file system may have it. */
export function differ(wanted: Attributes & { readonly type: string }, { stats }: WalkItem): boolean {
  if (wanted.type !== 'symlink' && wanted.mode !== (stats.mode & 0o7777)) return true;
  const earlier = msOf(wanted) - stats.mtimeMs;
  return earlier < 0 || earlier >= 0.001;
}
