/** A tree that stands in staging already, as something to restore: its entries, and how they get to their places. */
import * as fs from 'node:fs';
import type { Steps } from '../../pace.ts';
import { ContentCheck } from '../stat-cache/content-check.ts';
import { at, attributesAt, type Attributes } from '../files/attributes.ts';
import type { Preparation } from './preparation.ts';
import { selectionOf } from '../paths/selection.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, FileEntry, TreeEntry } from '../entries/tree-entry.ts';
import { foundAttributes, type WalkItem, walk } from '../files/walk/walk.ts';

const NOWHERE = { layer: 0, frame: 0, offset: 0 } as const;

/** What the directories in staging are to be. Until the plan is made all are open: one that forbids to look inside could not be walked. */
interface StagedDirectories {
  /** @param found what the directory has now, and keeps of it where nothing tells otherwise */
  attributesOf(path: string, found: Attributes): Attributes;
  setMode(path: string, mode: number): void;
  /** Notes a directory that is to stay open. */
  open(path: string): void;
}

/** The entries of the staged tree in path order. Digests are not known: `hasStagedContent` compares. */
export function* stagedEntries(
  staging: Staging,
  directories: StagedDirectories,
): IterableIterator<TreeEntry | undefined> {
  const dir = Buffer.from(staging.tree, 'latin1').toString('utf8');
  for (const item of walk(dir, selectionOf([], []), { special: 0 })) {
    yield item === undefined ? undefined : toEntry(staging, item, directories);
  }
}

function toEntry(staging: Staging, item: WalkItem, directories: StagedDirectories): TreeEntry {
  const attributes = stagedAttributes(staging, item);
  const located = { path: item.path, ...NOWHERE, ...attributes };
  if (item.type === 'directory') {
    return { ...located, type: 'directory', ...directories.attributesOf(item.path, attributes) };
  }
  if (item.type === 'file') return { ...located, type: 'file', size: item.stats.size, digest: '' };
  const target = fs.readlinkSync(at(staging.tree, item.path), { encoding: 'latin1' });
  return { ...located, type: 'symlink', target };
}

/** The attributes of a staged item. Whole milliseconds, as most images have them, are exact in the stats of a walk. */
function stagedAttributes(staging: Staging, item: WalkItem): Attributes {
  return Number.isInteger(item.stats.mtimeMs) ? foundAttributes(item) : attributesAt(at(staging.tree, item.path));
}

/** Does a file of the workspace have the content of the staged one? Names of one inode are all restored anew. */
export function hasStagedContent(
  staging: Staging,
  workspace: ContentCheck,
): (found: WalkItem, entry: FileEntry) => Steps<boolean> {
  const staged = new ContentCheck(staging.tree, undefined);
  return function* (found, entry) {
    const stats = fs.lstatSync(at(staging.tree, entry.path));
    if (stats.nlink > 1 || found.stats.nlink > 1) return false;
    const digest = yield* staged.digest(entry);
    return digest !== undefined && (yield* workspace.isSame(found, { ...entry, digest }));
  };
}

export class PrepareStaged implements Preparation {
  readonly #directories: StagedDirectories;

  constructor(directories: StagedDirectories) {
    this.#directories = directories;
  }

  file(): void {
    // It is there.
  }

  link(): void {
    // It is there.
  }

  directory(entry: DirectoryEntry, mode: number): void {
    if (mode !== entry.mode) this.#directories.setMode(entry.path, mode);
  }

  /** Notes a directory that stays in staging: what is in it is moved out. */
  mirror(path: string): void {
    this.#directories.open(path);
  }
}
