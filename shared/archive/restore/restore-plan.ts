/**
 * Merges what an entry wants with what a directory has, both in path order, into the operations that make the directory the entry. Prepares in
 * staging all that needs no content. Nothing that is visible changes here.
 */
import type * as fs from 'node:fs';
import type { Steps } from '../../pace.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { isReservedPath } from '../format.ts';
import { at, attributesOf, exists } from '../files/attributes.ts';
import { mountsBelow } from '../files/mounts.ts';
import { STAGED, stampOf, type Operation } from '../commit/operation.ts';
import { comparePaths, isBelow, parentOf, printable } from '../paths/path.ts';
import { isOutside, relationOf } from '../paths/selection.ts';
import type { Relation, Selection } from '../paths/selection.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, HardlinkEntry, TreeEntry } from '../entries/tree-entry.ts';
import { realPathIn } from '../files/in-tree.ts';
import type { WalkItem } from '../files/walk/walk.ts';
import { differ, OpenDirectories } from './open-directories.ts';
import { FoundItems } from './found-items.ts';
import type { Preparation } from './preparation.ts';
import { SameFiles } from './same-files.ts';
import type { HasContent } from './same-files.ts';

export interface RestorePlanOptions {
  readonly staging: Staging;
  /** The workspace's own directory, as it was found. */
  readonly root: fs.Stats;
  /** What is there, without what is outside of the selection. */
  readonly found: Iterator<WalkItem | undefined>;
  readonly selection: Selection;
  /** Does a directory hold anything that must not be touched? Not given where nothing is excluded. */
  readonly holdsExcluded: ((path: string) => Steps<boolean>) | undefined;
  readonly hasContent: HasContent;
  readonly preparation: Preparation;
  /** Told of what is there as the entry has it, and stays untouched. */
  readonly untouched?: (number: number, found: WalkItem) => void;
  /** Remove what the entry does not have. */
  readonly clean: boolean;
}

export class RestorePlan {
  readonly #options: RestorePlanOptions;
  readonly #staging: Staging;
  readonly #open: OpenDirectories;
  readonly #same: SameFiles;
  readonly #found: FoundItems;
  #leftOut = 0;
  /** A path outside of the selection: so is all below it. */
  #outside = '';
  /** Looked up when the first directory is to go. */
  #mounts: readonly string[] | undefined;

  constructor(options: RestorePlanOptions) {
    this.#options = options;
    this.#staging = options.staging;
    const { staging, preparation, root, untouched } = options;
    this.#open = new OpenDirectories({ staging, preparation, root, untouched });
    this.#same = new SameFiles(staging.root, options.hasContent);
    this.#found = new FoundItems(options.found);
  }

  /** Paths whose mode or time belongs to another user. */
  get unsettable(): number {
    return this.#open.unsettable;
  }

  /** Entries outside of the selection, but for those that no selection has. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * Entries come in path order. False for one outside of the selection.
   *
   * @param number of the entry in the index, from 0
   */
  *add(number: number, entry: TreeEntry): Steps<boolean> {
    const relation = this.#relation(entry);
    if (relation === 'outside') {
      if (!isReservedPath(topOf(entry.path))) this.#leftOut += 1;
      return false;
    }
    if (!this.#found.hasBegun) yield* this.#found.begin();
    while (this.#found.next !== undefined && comparePaths(this.#found.next.path, entry.path) < 0)
      yield* this.#extra(this.#found.next);
    this.#open.leaveTo(parentOf(entry.path));
    const found = this.#found.next;
    if (found?.path !== entry.path) {
      if (relation === 'above') this.#checkWay(entry.path);
      this.#stage(number, entry);
      return true;
    }
    while (!this.#found.advance()) yield;
    yield* this.#meet(number, entry, found, relation);
    return true;
  }

  /**
   * Throws where something stands in the way to a chosen path. It is not chosen itself, so nothing may replace it, except for a link that leads to
   * nothing in the workspace.
   */
  #checkWay(path: string): void {
    const { root } = this.#staging;
    if (this.#open.top.found === undefined || !exists(at(root, path)) || realPathIn(root, path) === undefined) return;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${printable(path)} is no directory, or a link to one, and \`paths\` lead through it: name what is behind it, or remove it.`,
    );
  }

  *finish(): Steps {
    if (!this.#found.hasBegun) yield* this.#found.begin();
    while (this.#found.next !== undefined) yield* this.#extra(this.#found.next);
    this.#open.leaveAll();
  }

  #relation(entry: TreeEntry): Relation {
    if (this.#outside !== '' && isBelow(entry.path, this.#outside)) return 'outside';
    const relation = this.#options.selection.relation(entry.path);
    if (!isOutside(relation, entry.type === 'directory')) return relation;
    this.#outside = entry.path;
    return 'outside';
  }

  *#holdsExcluded(path: string): Steps<boolean> {
    const { holdsExcluded } = this.#options;
    return holdsExcluded !== undefined && (yield* holdsExcluded(path));
  }

  /** Decides about something in the workspace that the entry does not have. */
  *#extra(found: WalkItem): Steps {
    do yield;
    while (!this.#found.advance());
    if (!this.#options.clean) return;
    this.#open.leaveTo(parentOf(found.path));
    const above = this.#options.selection.relation(found.path) === 'above';
    if (found.type === 'directory' && (above || (yield* this.#holdsExcluded(found.path)))) {
      this.#open.enter({ path: found.path, found, mirrored: false, kept: false });
      return;
    }
    this.#checkMounts(found);
    this.#open.touch();
    this.#open.keepToMove(found);
    this.#add({ kind: 'remove', path: found.path, slot: this.#staging.newSlot(), stamp: stampOf(found.stats) });
    yield* this.#found.skipBelow(found.path);
  }

  /** The path is there. */
  *#meet(number: number, entry: TreeEntry, found: WalkItem, relation: Relation): Steps {
    if (entry.type === 'directory' && found.type === 'directory') {
      const directory = { path: entry.path, found, mirrored: false, kept: false };
      this.#open.enter(relation === 'inside' ? { ...directory, wanted: entry, number } : directory);
      return;
    }
    if (!this.#open.setsOthers(found, entry) && (yield* this.#same.isSame(entry, found))) {
      const isSet = entry.type !== 'hardlink' && differ(entry, found) && this.#open.setExisting(found, entry);
      if (!isSet) this.#options.untouched?.(number, found);
      return;
    }
    if (found.type === 'directory' && (yield* this.#holdsExcluded(found.path))) {
      throw new CacheError(
        ERROR_CODES.Unwritable,
        `${printable(entry.path)} is a directory with excluded files in it, and no directory in the entry: ` +
          'remove it, or change the exclude globs.',
      );
    }
    this.#checkMounts(found);
    this.#open.touch();
    this.#open.mirror();
    this.#open.keepToMove(found);
    this.#add({ kind: 'replace', path: entry.path, slot: this.#staging.newSlot(), stamp: stampOf(found.stats) });
    yield* this.#found.skipBelow(entry.path);
    this.#prepare(number, entry);
  }

  /**
   * Throws for mounts. Whatever is replaced is removed in the end with all that is mounted below it, and the kernel does not move a mount point
   * itself.
   */
  #checkMounts({ path, type }: WalkItem): void {
    if (type !== 'directory') return;
    this.#mounts ??= mountsBelow(this.#staging.root);
    const mount = this.#mounts.find((point) => isBelow(point, path));
    if (mount === undefined) return;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${printable(path)} would have to go, and ${printable(mount)} is mounted in it: exclude that, or cache a directory without it.`,
    );
  }

  /** The path is not there. */
  #stage(number: number, entry: TreeEntry): void {
    if (this.#open.top.found !== undefined) {
      this.#open.touch();
      this.#open.mirror();
      // The walk does not tell of sockets and devices.
      const special = exists(at(this.#staging.root, entry.path));
      if (special) this.#add({ kind: 'replace', path: entry.path, slot: this.#staging.newSlot() });
      else this.#add({ kind: 'place', path: entry.path });
    }
    this.#prepare(number, entry);
  }

  #prepare(number: number, entry: TreeEntry): void {
    if (entry.type === 'directory') this.#prepareDirectory(entry);
    else if (entry.type === 'file') this.#options.preparation.file(number, entry, this.#open.top.found !== undefined);
    else {
      // The target is not restored, so it could have any content.
      if (entry.type === 'hardlink' && !this.#isChosen(entry.target)) throw notRestored(entry);
      this.#options.preparation.link(entry);
    }
  }

  #isChosen(path: string): boolean {
    return relationOf(this.#options.selection, path) === 'inside';
  }

  #prepareDirectory(entry: DirectoryEntry): void {
    const moved = this.#open.top.found !== undefined;
    // A directory that is write-protected can only be moved by root.
    const later = moved && this.#open.isProtected(entry.mode);
    this.#options.preparation.directory(entry, later ? entry.mode | 0o700 : entry.mode);
    if (later) this.#add({ kind: 'set', path: entry.path, attributes: attributesOf(entry), stamp: STAGED });
    this.#open.enter({ path: entry.path, mirrored: true, kept: false });
  }

  #add(operation: Operation): void {
    this.#staging.add(operation);
  }
}

function topOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

/** A further name of what is left out. */
export function notRestored({ path, target }: Pick<HardlinkEntry, 'path' | 'target'>): CacheError {
  return new CacheError(
    ERROR_CODES.Unwritable,
    `${printable(path)} is another name of ${printable(target)}, which is not restored: include both, or exclude both.`,
  );
}
