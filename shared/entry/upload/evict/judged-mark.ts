/**
 * Since when the directory was judged last. It stays in the directory, and does not travel with the entry: an upload that fails is
 * tried again over the same state, and its second try is no second upload without use.
 */
import * as fs from 'node:fs';
import type { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import { errnoOf } from '../../../archive/files/errno.ts';
import { RESERVED_NAME } from '../../../archive/format.ts';

const MARK = `${RESERVED_NAME}/judged`;
const LONGEST = 64;

/** @param sinceMs when the directory was last fetched or uploaded */
export function wasJudged(root: DirectoryRoot, sinceMs: number): boolean {
  let file: number | undefined;
  try {
    file = fs.openSync(root.at(MARK), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    const stats = fs.fstatSync(file);
    return stats.isFile() && stats.size <= LONGEST && fs.readFileSync(file, 'latin1') === String(sinceMs);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** A directory that cannot be written is judged anew each time. */
export function markJudged(root: DirectoryRoot, sinceMs: number): void {
  try {
    fs.rmSync(root.at(MARK), { force: true });
    fs.writeFileSync(root.at(MARK), String(sinceMs), { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
