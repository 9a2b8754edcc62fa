import type { DirectoryEntry, FileEntry, HardlinkEntry, SymlinkEntry } from '../entries/tree-entry.ts';

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
