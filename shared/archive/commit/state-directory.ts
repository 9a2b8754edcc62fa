/** The directory `.tekton-cache` at the top of a workspace: lock, stat cache and staging, for nobody else to read. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { fsTime, timesOfNs } from '../files/attributes.ts';
import { errnoOf } from '../files/errno.ts';
import { RESERVED_NAME } from '../format.ts';
import { fsPath, toByteString } from '../paths/path.ts';

export interface StateDirectory {
  /** The workspace, a byte string (path.ts). */
  readonly root: string;
  /** `root`, and the reserved name. */
  readonly path: string;
  /** The workspace's own attributes before this program touched it. */
  readonly rootBefore: fs.BigIntStats;
}

/**
 * Makes the state directory unless it is there.
 *
 * @throws CacheError `Unwritable` when it cannot be made, or is not a directory of this user's
 */
export function openStateDirectory(workspace: string): StateDirectory {
  const root = toByteString(workspace);
  const path = `${root}/${RESERVED_NAME}`;
  try {
    const rootBefore = fs.statSync(fsPath(root), { bigint: true });
    makeOwn(path);
    return { root, path, rootBefore };
  } catch (error) {
    if (error instanceof CacheError) throw error;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `The directory ${workspace} cannot be written (${errnoOf(error) ?? 'unknown error'}): ` +
        'mount it writable for the user that fetches, or give that user another one with run-as.',
      { cause: error },
    );
  }
}

/** How a workspace is left: as it was found, or changed. */
export type Left = 'as found' | 'changed';

/** Removes the state directory when nothing is in it. A workspace that is as it was found gets its time back. */
export function closeStateDirectory(state: StateDirectory, left: Left): void {
  try {
    fs.rmdirSync(fsPath(state.path));
  } catch {
    // The stat cache is in it, or another process waits for the lock.
  }
  if (left === 'changed') return;
  try {
    const { atimeMs, mtimeNs } = state.rootBefore;
    fs.utimesSync(fsPath(state.root), Number(atimeMs) / 1e3, fsTime(timesOfNs(mtimeNs)));
  } catch {
    // Only the owner of the workspace may set its time.
  }
}

function makeOwn(path: string): void {
  try {
    fs.mkdirSync(fsPath(path), 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const stat = fs.lstatSync(fsPath(path));
  const user = process.geteuid?.() ?? 0;
  if (!stat.isDirectory() || (stat.uid !== user && user !== 0)) {
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${RESERVED_NAME} in the workspace belongs to user ${stat.uid}, and this is user ${user}: ` +
        'use the cache as one user (run-as), or remove that directory.',
    );
  }
  if ((stat.mode & 0o077) !== 0) fs.chmodSync(fsPath(path), 0o700);
}
