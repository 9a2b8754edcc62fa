/**
 * Since when the directory was judged last. It stays in the directory, and does not travel with the entry: an upload that fails is
 * tried again over the same state, and its second try is no second upload without use.
 */
import type { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import { RESERVED_NAME } from '../../../archive/format.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

const MARK = `${RESERVED_NAME}/judged`;
const LONGEST = 64;

/** @param sinceMs when the directory was last fetched or uploaded */
export function wasJudged(root: DirectoryRoot, sinceMs: number): boolean {
  return readSmallFile(root, MARK, LONGEST) === String(sinceMs);
}

/** A directory that cannot be written is judged anew each time. */
export function markJudged(root: DirectoryRoot, sinceMs: number): void {
  replaceSmallFile(root, MARK, String(sinceMs));
}
