/**
 * Brings staged content to its place, all of it or nothing (docs/atomicity.md).
 *
 * The name of the journal decides. Under `commit` the next run finishes the work, and under `undo` it takes the work back. With neither name, nothing
 * in the workspace has changed yet.
 */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { errnoOf } from '../files/errno.ts';
import { readLines, readLinesBackward } from '../files/line-file.ts';
import { decodeOperation, perform, revert, type Turn } from './operation.ts';
import { isOvertaken } from './overtaken.ts';
import { Places } from './places.ts';
import { RESERVED_NAME } from '../format.ts';
import { fsPath, printable } from '../paths/path.ts';
import { Pace } from '../../pace.ts';
import {
  clearAway,
  JOURNAL,
  leftOver,
  othersStaging,
  setAside,
  stagingPath,
  syncDirectory,
  type Staging,
} from './staging.ts';
import type { StateDirectory } from './state-directory.ts';

/** What a journal is performed with. */
interface Journal {
  /** Staging's own directory, a byte string. */
  readonly path: string;
  readonly places: Places;
  /** Throws when the lock is lost: then another one finishes this, or takes it back. */
  readonly checkLock: () => void;
}

/**
 * Performs the operations of the journal. When one fails, those before it are taken back and the directory is as it was.
 *
 * @param checkLock throws when the lock is lost; nothing is changed from then on
 * @returns a sentence where the journal stays although all of it is done
 * @throws CacheError `Unwritable`, or an error of the file system; the directory is as it was then
 */
export async function commit(staging: Staging, checkLock: () => void): Promise<readonly string[]> {
  const { path, root } = staging;
  staging.seal();
  await inPlaces({ root, path, checkLock }, async (journal) => {
    checkLock();
    decideToCommit(path);
    await goForward(journal, 'first');
  });
  checkLock();
  return removeDone(path);
}

/** A decision that may not have come to the disk is none: the next run would perform it, after a build that went on without. */
function decideToCommit(path: string): void {
  try {
    decide(path, 'draft', 'commit');
  } catch (error) {
    if (leftOver(path) === 'commit') rename(path, 'commit', 'draft');
    throw error;
  }
}

/** The next run performs a journal that stays once more, which changes nothing. */
function removeDone(path: string): readonly string[] {
  try {
    fs.rmSync(fsPath(`${path}/${JOURNAL.commit}`));
    return [];
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return [`All is restored, and the journal of that cannot be removed (${errno}): the next run does that.`];
  }
}

/**
 * Finishes or takes back what killed runs left, before anything else is done with a directory. The lock must be held.
 *
 * @param holder number of the lock's holder
 * @returns sentences for the log
 */
export async function recover(state: StateDirectory, holder: number, checkLock: () => void): Promise<string[]> {
  const notes: string[] = [];
  const path = stagingPath(state, holder);
  for (const left of othersStaging(state, holder)) {
    checkLock();
    // If the process that made this staging still lives, it finds nothing under the old name.
    fs.renameSync(fsPath(left), fsPath(path));
    notes.push(...(await recoverOne({ root: state.root, path, checkLock })));
  }
  return notes;
}

type ClosedJournal = Omit<Journal, 'places'> & { readonly root: string };

async function recoverOne(journal: ClosedJournal): Promise<readonly string[]> {
  const { path, checkLock } = journal;
  const left = leftOver(path);
  let passedOver = 0;
  try {
    if (left === 'commit') passedOver = await inPlaces(journal, (open) => goForward(open, 'again'));
    if (left === 'undo') await inPlaces(journal, goBack);
  } catch (error) {
    checkLock();
    // After a failure the work was taken back. Nothing is left to recover, so the fetch at hand may try.
    if (error instanceof CacheError && leftOver(path) === 'draft') await clearAway(path, checkLock);
    if (error instanceof CacheError) throw error;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `A killed fetch could neither be finished nor taken back (${errnoOf(error) ?? String(error)}). ` +
        'Check the free space and who owns the files, or empty the directory.',
      { cause: error },
    );
  }
  const rest = await clearRecovered(path, left, checkLock);
  const since = passedOver === 0 ? '' : ` In ${passedOver} places something was changed since, and stays.`;
  if (left === 'commit')
    return [`Finished a fetch that was killed while it moved files to their places.${since}`, ...rest];
  if (left === 'undo') return ['Took back a fetch that was killed after it had failed.', ...rest];
  return rest.length > 0 ? rest : ['Removed what a killed fetch had staged.'];
}

/**
 * The journal of what is done goes before the directories that it speaks of: without them nobody could perform it again. Where it cannot be removed, all
 * stays, under another name.
 */
async function clearRecovered(
  path: string,
  left: ReturnType<typeof leftOver>,
  checkLock: () => void,
): Promise<readonly string[]> {
  checkLock();
  const unremoved = left === 'commit' ? removeDone(path) : [];
  if (unremoved.length === 0) return await clearAway(path, checkLock);
  setAside(path);
  return unremoved;
}

async function inPlaces<T>(
  { root, path, checkLock }: ClosedJournal,
  work: (journal: Journal) => Promise<T>,
): Promise<T> {
  const places = new Places(root, path);
  try {
    return await work({ path, places, checkLock });
  } finally {
    places.close();
  }
}

/** Gives how many operations were passed over. */
async function goForward(journal: Journal, turn: Turn): Promise<number> {
  const { places, checkLock } = journal;
  const pace = new Pace(checkLock);
  const file = `${journal.path}/${JOURNAL.commit}`;
  let path = '';
  let passedOver = 0;
  try {
    const written = fs.lstatSync(fsPath(file));
    for (const line of readLines(file)) {
      const operation = decodeOperation(line);
      path = operation.path;
      checkLock();
      const overtaken = turn === 'again' && (await pace.run(isOvertaken(operation, places, written)));
      // A directory may have been opened to be moved, and have been moved then.
      if ((overtaken || !perform(operation, places, turn)) && operation.kind !== 'keep') passedOver += 1;
      if (pace.isDue) await pace.rest();
    }
    return passedOver;
  } catch (error) {
    // If another process took over, the journal belongs to that process.
    checkLock();
    const failure = `${printable(path)} could not be moved to its place (${errnoOf(error) ?? 'unknown error'})`;
    await takeBack(journal, failure);
    const message = `${failure}; the directory is as it was. ${hint(error)}`;
    throw new CacheError(ERROR_CODES.Unwritable, message, { cause: error });
  }
}

/** Directories of a container's image cannot be moved either: docs.kernel.org/filesystems/overlayfs.html#renaming-directories. */
function hint(error: unknown): string {
  return ['EXDEV', 'EBUSY', 'EROFS'].includes(errnoOf(error) ?? '')
    ? 'It is mounted there, or comes with the image of the container: exclude it, or cache a directory without it.'
    : 'Check the free space and who owns the files.';
}

/** @param failure why, as the beginning of a sentence */
async function takeBack(journal: Journal, failure: string): Promise<void> {
  try {
    decide(journal.path, 'commit', 'undo');
    await goBack(journal);
  } catch (error) {
    journal.checkLock();
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${failure}, and what was moved before could not be taken back (${errno}). ` +
        `The next run takes it back: until then what was there is in ${RESERVED_NAME}. Check the free space and who owns the files.`,
      { cause: error },
    );
  }
}

async function goBack({ path, places, checkLock }: Journal): Promise<void> {
  const pace = new Pace(checkLock);
  for (const line of readLinesBackward(`${path}/${JOURNAL.undo}`)) {
    checkLock();
    revert(decodeOperation(line), places);
    if (pace.isDue) await pace.rest();
  }
  fs.rmSync(fsPath(`${path}/${JOURNAL.undo}`));
}

function decide(path: string, from: keyof typeof JOURNAL, to: keyof typeof JOURNAL): void {
  rename(path, from, to);
  syncDirectory(path);
}

function rename(path: string, from: keyof typeof JOURNAL, to: keyof typeof JOURNAL): void {
  fs.renameSync(fsPath(`${path}/${JOURNAL[from]}`), fsPath(`${path}/${JOURNAL[to]}`));
}
