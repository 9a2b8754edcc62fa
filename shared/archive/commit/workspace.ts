/** A directory that this process alone works on: locked, and recovered from what a killed run left. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { makeDirectories } from '../../make-directories.ts';
import { recover } from './commit.ts';
import { errnoOf } from '../files/errno.ts';
import { RESERVED_NAME } from '../format.ts';
import { exists } from '../files/attributes.ts';
import { DirectoryLock } from './lock/lock.ts';
import type { LockTerms } from './lock/lock-terms.ts';
import { toByteString } from '../paths/path.ts';
import { isDecided, leftOver, othersStaging } from './staging.ts';
import { closeStateDirectory, openStateDirectory, type Left, type StateDirectory } from './state-directory.ts';

export interface Workspace {
  readonly state: StateDirectory;
  /** What happened on the way: sentences for the log. */
  readonly notes: readonly string[];
  /** Number of the lock's holder: names that have it are its alone. */
  readonly holder: number;
  /** @throws CacheError `Unwritable` when another process took this one for dead: then nothing here is its own any more */
  checkLock(): void;
  /** Lets others work on the directory. A directory that is as it was found gets its time back; one that was made for this work goes again. */
  close(left: Left): Promise<void>;
}

/**
 * Waits until no other process works on the directory. It is made when it is not there.
 *
 * @throws CacheError `Unwritable`, a `TookOver` among them; the signal's reason when that comes first
 */
export async function openWorkspace(dir: string, signal?: AbortSignal, terms?: LockTerms): Promise<Workspace> {
  const made = makeDirectory(dir);
  const state = openStateDirectory(dir);
  const notes: string[] = [];
  const onWait = (): void => void notes.push('Waited for another process that worked on the directory.');
  const leave = (left: Left): void => {
    closeStateDirectory(state, left);
    if (left === 'as found' && made !== undefined) removeEmpty(dir, made);
  };
  const lock = await DirectoryLock.acquire({ dir: state.path, onWait, signal, terms }).catch((error: unknown) => {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    leave('as found');
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `The directory ${dir} cannot be locked (${errno}): check its free space and who owns it.`,
      { cause: error },
    );
  });
  const checkLock = (): void => {
    if (!lock.isHeld()) throw new TookOver(dir);
  };
  const close = async (left: Left): Promise<void> => {
    const isHeld = lock.isHeld();
    await lock.release();
    leave(isHeld ? left : 'changed');
  };
  try {
    notes.push(...(await recover(state, lock.number, checkLock)));
  } catch (error) {
    await close('changed');
    throw error;
  }
  return { state, notes, holder: lock.number, checkLock, close };
}

/** A killed fetch has moved some of its files to their places, and nobody has finished that or taken it back. */
export function isHalfRestored(dir: string): boolean {
  try {
    return othersStaging({ path: `${toByteString(dir)}/${RESERVED_NAME}` })
      .map(leftOver)
      .some(isDecided);
  } catch {
    // The directory belongs to another user, and this one may not look inside.
    return false;
  }
}

/** Another process works on the directory by now, so what is read there may be half of something. */
export class TookOver extends CacheError {
  constructor(dir: string) {
    super(
      ERROR_CODES.Unwritable,
      `Another process took over the directory ${dir}, as this one had stood still for too long: it changed nothing since. ` +
        'Run it again.',
    );
  }
}

/** Makes the directory. Returns the topmost one that was made; undefined where none was. */
function makeDirectory(dir: string): string | undefined {
  if (exists(dir)) return undefined;
  try {
    return makeDirectories(dir, 0o755);
  } catch {
    // Then the state directory cannot be made either, and that error says why.
    return undefined;
  }
}

function removeEmpty(dir: string, top: string): void {
  try {
    for (let path = dir; path.startsWith(top); path = path.slice(0, path.lastIndexOf('/'))) fs.rmdirSync(path);
  } catch {
    // Another process has put something into it by now.
  }
}
