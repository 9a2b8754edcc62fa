import * as fs from 'node:fs';
import type { Steps } from '../../pace.ts';
import type { FileEntry, TreeEntry } from '../entries/tree-entry.ts';
import { at } from '../files/attributes.ts';
import type { WalkItem } from '../files/walk/walk.ts';
import { isNameOf } from '../stat-cache/restored-item.ts';

/** Is the content of a found file that of the entry? Their sizes are equal. */
export type HasContent = (found: WalkItem, entry: FileEntry) => Steps<boolean>;

/** Tells what is there as the entry has it, but for mode and time. Files with several names have them in the entry, too. */
export class SameFiles {
  readonly #root: string;
  readonly #hasContent: HasContent;
  /** Files of the entry that are there, with several names, and stay: their inodes by their paths. */
  readonly #linked = new Map<string, string>();
  /** Inodes with several names that are files of the entry already: another file of it needs one of its own. */
  readonly #inodes = new Set<string>();

  /** @param root of the workspace */
  constructor(root: string, hasContent: HasContent) {
    this.#root = root;
    this.#hasContent = hasContent;
  }

  *isSame(entry: TreeEntry, found: WalkItem): Steps<boolean> {
    if (entry.type === 'file') {
      const isLinked = found.stats.nlink > 1;
      if (found.type !== 'file' || found.stats.size !== entry.size) return false;
      if (isLinked && this.#inodes.has(inodeOf(found))) return false;
      if (!(yield* this.#hasContent(found, entry))) return false;
      if (isLinked) {
        this.#inodes.add(inodeOf(found));
        this.#linked.set(entry.path, inodeOf(found));
      }
      return true;
    }
    if (entry.type === 'symlink') {
      return (
        found.type === 'symlink' && fs.readlinkSync(at(this.#root, entry.path), { encoding: 'latin1' }) === entry.target
      );
    }
    return entry.type === 'hardlink' && found.type === 'file' && this.#isName(found, entry.target);
  }

  /** True when a found file is another name of a file of the entry that stays. A file that it reaches through a link may be gone by then. */
  #isName(found: WalkItem, target: string): boolean {
    if (found.stats.nlink === 1 || this.#linked.get(target) !== inodeOf(found)) return false;
    return isNameOf(this.#root, found.path, target);
  }
}

function inodeOf({ stats: { dev, ino } }: WalkItem): string {
  return `${dev}:${ino}`;
}
