/** Small files of ours in a cached directory, in which others may have put anything of the same name. */
import * as fs from 'node:fs';
import type { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import { errnoOf } from '../../../archive/files/errno.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** As byte string; undefined for what is no file, is longer than `mostBytes`, or cannot be read. */
export function readSmallFile(root: DirectoryRoot, path: string, mostBytes: number): string | undefined {
  let file: number | undefined;
  try {
    file = fs.openSync(root.at(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fs.fstatSync(file);
    return stats.isFile() && stats.size <= mostBytes ? fs.readFileSync(file, 'latin1') : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** Empty text: no file. A directory that cannot be written stays as it is. */
export function replaceSmallFile(root: DirectoryRoot, path: string, text: string): void {
  try {
    // Nothing is written through a link that lies there.
    fs.rmSync(root.at(path), { force: true });
    if (text !== '') fs.writeFileSync(root.at(path), text, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
