/** Names of the same file, found among the files of a walk that have several names. */
import * as fs from 'node:fs';
import { fsPath } from './path.ts';

/**
 * Groups of items, each in path order, by device and inode. What is gone is left out. Inodes are exact here: those of
 * network file systems are past what a number holds, and two of them must never look like one.
 */
export function groupByInode<T extends { readonly path: string }>(root: string, items: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const stats = fs.lstatSync(fsPath(`${root}/${item.path}`), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) continue;
    const key = `${stats.dev}:${stats.ino}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
