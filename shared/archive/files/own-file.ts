/**
 * Files of our own in a workspace, in which others may have put anything of the same name: a link may lead to a device that never ends, or to a
 * pipe that nobody writes to.
 */
import * as fs from 'node:fs';
import { errnoOf } from './errno.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** Opens for reading; the caller closes. It follows no link and waits for no pipe. The caller has to check that it is a file. */
export function openOwnFile(path: string | Buffer): number {
  return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

/** Undefined for what is no file, is longer than `mostBytes`, or cannot be read. */
export function readOwnFile(path: string | Buffer, mostBytes: number): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openOwnFile(path);
    const stats = fs.fstatSync(file);
    return stats.isFile() && stats.size <= mostBytes ? fs.readFileSync(file) : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}
