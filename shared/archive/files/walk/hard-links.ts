/** Names of the same file, found among the files of a walk that have several names. */
import * as fs from 'node:fs';
import type { Steps } from '../../../pace.ts';
import { fsPath } from '../../paths/path.ts';
import { isGone } from '../errno.ts';
import type { WalkItem } from './walk.ts';

interface Seen {
  readonly item: WalkItem;
}

interface InodeGroups<T> {
  /** The names whose file has no other name among them. */
  readonly alone: readonly T[];
  /** The names of one file each, in path order. */
  readonly groups: readonly (readonly T[])[];
}

/**
 * Groups of names, which come in path order, by device and inode. Files of a store that links them into many trees are mostly alone: each
 * costs an entry of a map, and is not looked at again.
 */
export function* groupByInode<T extends Seen>(root: string, names: readonly T[]): Steps<InodeGroups<T>> {
  const alone: T[] = [];
  const groups: T[][] = [];
  for (const similar of bySimilarInode(names)) {
    yield;
    if (!Array.isArray(similar)) alone.push(similar);
    else {
      for (const group of yield* byExactInode(root, similar)) {
        if (group.length > 1) groups.push(group);
        else alone.push(...group);
      }
    }
  }
  return { alone, groups };
}

/** Groups names by what the walk saw. One inode looks the same under each name, and inodes of network file systems are past what a number holds. */
function* bySimilarInode<T extends Seen>(names: readonly T[]): IterableIterator<T | T[]> {
  const devices = new Map<number, { readonly first: Map<number, T>; readonly several: Map<number, T[]> }>();
  for (const name of names) {
    const { dev, ino } = name.item.stats;
    const { first, several } = devices.get(dev) ?? { first: new Map<number, T>(), several: new Map<number, T[]>() };
    devices.set(dev, { first, several });
    const group = several.get(ino);
    const before = first.get(ino);
    if (group !== undefined) group.push(name);
    else if (before === undefined) first.set(ino, name);
    else several.set(ino, [before, name]);
  }
  for (const { first, several } of devices.values()) {
    for (const [ino, name] of first) yield several.get(ino) ?? name;
  }
}

/** Two inodes must never look like one. What is gone is left out. */
function* byExactInode<T extends Seen>(root: string, names: readonly T[]): Steps<T[][]> {
  const groups = new Map<bigint, T[]>();
  for (const name of names) {
    yield;
    const inode = inodeAt(`${root}/${name.item.path}`);
    if (inode === undefined) continue;
    const group = groups.get(inode);
    if (group === undefined) groups.set(inode, [name]);
    else group.push(name);
  }
  return [...groups.values()];
}

function inodeAt(path: string): bigint | undefined {
  try {
    return fs.lstatSync(fsPath(path), { bigint: true }).ino;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
