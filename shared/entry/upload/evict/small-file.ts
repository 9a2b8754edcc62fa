/** Small files of ours in a cached directory, in which others may have put anything of the same name. */
import * as fs from 'node:fs';
import type { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import { errnoOf } from '../../../archive/files/errno.ts';
import { readOwnFile } from '../../../archive/files/own-file.ts';

/** The file as a byte string; undefined for what is no file, is longer than `mostBytes`, or cannot be read. */
export function readSmallFile(root: DirectoryRoot, path: string, mostBytes: number): string | undefined {
  try {
    return readOwnFile(root.at(path), mostBytes)?.toString('latin1');
  } catch (error) {
    // What it is in is gone, or no directory.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The text is a byte string; empty: no file. A directory that cannot be written stays as it is. */
export function replaceSmallFile(root: DirectoryRoot, path: string, text: string): void {
  try {
    // Nothing is written through a link that lies there.
    fs.rmSync(root.at(path), { force: true });
    if (text !== '') fs.writeFileSync(root.at(path), text, { encoding: 'latin1', flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
