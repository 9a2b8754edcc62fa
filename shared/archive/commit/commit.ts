/**
 * Brings staged content to its place, all of it or nothing (docs/atomicity.md).
 *
 * The journal's name is the decision: under `commit` the next run finishes the work, under `undo` it takes it back, and
 * with neither nothing has happened yet.
 */
import * as fs from 'node:fs';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { errnoOf } from '../files/errno.ts';
import { readLines, readLinesBackward } from '../files/line-file.ts';
import { decodeOperation, perform, revert } from './operation.ts';
import type { Places } from './places.ts';
import { fsPath, printable } from '../paths/path.ts';
import { removeTree } from '../files/remove-tree.ts';
import { JOURNAL, leftOver, placesOf, stagingPath, syncDirectory, type Staging } from './staging.ts';
import type { StateDirectory } from './state-directory.ts';

/** The lock's heartbeat goes on in between. */
const OPERATIONS_IN_ONE_GO = 500;

/** Staging's own directory, a byte string, and where the journal in it leads. */
interface Journalled {
  readonly path: string;
  readonly places: Places;
}

/**
 * Performs the operations of the journal. When one fails, those before it are taken back and the directory is as it was.
 *
 * @throws CacheError `Unwritable`
 */
export async function commit(staging: Staging): Promise<void> {
  staging.seal();
  decide(staging, 'draft', 'commit');
  await inPlaces(staging.state, (places) => goForward({ path: staging.path, places }, false));
  fs.rmSync(fsPath(`${staging.path}/${JOURNAL.commit}`));
}

/**
 * Finishes or takes back what a killed run left, before anything else is done with a directory. The lock must be held.
 *
 * @returns a sentence for the log, or nothing when nothing was left
 */
export async function recover(state: StateDirectory): Promise<string | undefined> {
  const left = leftOver(state);
  if (left === undefined) return undefined;
  const path = stagingPath(state);
  try {
    if (left === 'commit') await inPlaces(state, (places) => goForward({ path, places }, true));
    if (left === 'undo') await inPlaces(state, (places) => goBack({ path, places }));
    removeTree(path);
  } catch (error) {
    // After a failure the work was taken back: nothing is left to recover, and the fetch at hand is free to try.
    if (error instanceof CacheError && leftOver(state) === 'draft') removeTree(path);
    if (error instanceof CacheError) throw error;
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `A killed fetch could neither be finished nor taken back (${errnoOf(error) ?? String(error)}). ` +
        'Check the free space and who owns the files, or empty the directory.',
      { cause: error },
    );
  }
  if (left === 'commit') return 'Finished a fetch that was killed while it moved files to their places.';
  if (left === 'undo') return 'Took back a fetch that was killed after it had failed.';
  return 'Removed what a killed fetch had staged.';
}

async function inPlaces(state: StateDirectory, work: (places: Places) => Promise<void>): Promise<void> {
  const places = placesOf(state);
  try {
    await work(places);
  } finally {
    places.close();
  }
}

async function goForward({ path: staging, places }: Journalled, again: boolean): Promise<void> {
  let number = 0;
  let path = '';
  try {
    for (const line of readLines(`${staging}/${JOURNAL.commit}`)) {
      const operation = decodeOperation(line);
      path = operation.path;
      perform(operation, places, again);
      if (++number % OPERATIONS_IN_ONE_GO === 0) await yieldToEvents();
    }
  } catch (error) {
    await takeBack({ path: staging, places });
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${printable(path)} could not be moved to its place (${errnoOf(error) ?? 'unknown error'}); the directory is as it was. ` +
        'Check the free space and who owns the files.',
      { cause: error },
    );
  }
}

async function takeBack(journal: Journalled): Promise<void> {
  decide(journal, 'commit', 'undo');
  await goBack(journal);
}

async function goBack({ path, places }: Journalled): Promise<void> {
  let number = 0;
  for (const line of readLinesBackward(`${path}/${JOURNAL.undo}`)) {
    revert(decodeOperation(line), places);
    if (++number % OPERATIONS_IN_ONE_GO === 0) await yieldToEvents();
  }
  fs.rmSync(fsPath(`${path}/${JOURNAL.undo}`));
}

function decide({ path }: Pick<Journalled, 'path'>, from: keyof typeof JOURNAL, to: keyof typeof JOURNAL): void {
  fs.renameSync(fsPath(`${path}/${JOURNAL[from]}`), fsPath(`${path}/${JOURNAL[to]}`));
  syncDirectory(path);
}
