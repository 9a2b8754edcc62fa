/**
 * Is what lies at a path still what a fetch restored there, or found to be as the entry has it? Another program may be at work in the directory, and what
 * it puts there must not be taken for the entry's.
 */
import * as fs from 'node:fs';
import type { TreeEntry } from '../entries/tree-entry.ts';
import { at, msOf } from '../files/attributes.ts';
import { hasTime, type FileState } from '../files/state/file-state.ts';

/** What tells an item from that of another program: the time of a file, in ms, or where a symlink leads. Nothing does of a directory. */
export type Given = number | string | undefined;

/** @param entry as it is restored, and no further name of a file */
export function givenOf(entry: TreeEntry): Given {
  if (entry.type === 'file') return msOf(entry);
  return entry.type === 'symlink' ? entry.target : undefined;
}

export interface FoundItem {
  readonly place: string | Buffer;
  readonly stats: fs.Stats;
}

/** @param before the state that a file had before it was moved to its place, where that is known */
export function isAsGiven({ place, stats }: FoundItem, given: Given, before: FileState | undefined): boolean {
  // Some file systems keep no time of a symlink.
  if (typeof given === 'string')
    return stats.isSymbolicLink() && fs.readlinkSync(place, { encoding: 'latin1' }) === given;
  if (given === undefined) return stats.isDirectory();
  if (before !== undefined) return stats.ino === before.ino && stats.mtimeMs === before.mtimeMs;
  return stats.isFile() && hasTime(stats, given);
}

/** Is the path a further name of the other one's file? */
export function isNameOf(root: string, path: string, other: string): boolean {
  const [one, two] = [path, other].map((name) => fs.lstatSync(at(root, name), { bigint: true }));
  return one !== undefined && one.isFile() && one.ino === two?.ino && one.dev === two.dev;
}
