/**
 * Where a fetch prepares what it restores: content, the things it replaced, and the journal, on the file system of the
 * workspace so that everything comes to its place by rename (docs/atomicity.md). The name of the directory has the number of the lock's holder.
 * The next holder renames the directory first. If the holder before still lives, it then finds no staging, and changes nothing.
 */
import * as fs from 'node:fs';
import { errnoOf } from '../files/errno.ts';
import { exists } from '../files/attributes.ts';
import { encodeOperation, type Operation } from './operation.ts';
import { LineWriter } from '../files/line-file.ts';
import { RESERVED_NAME } from '../format.ts';
import { fsPath, parentOf } from '../paths/path.ts';
import { removeTree } from '../files/remove-tree.ts';
import { Pace } from '../../pace.ts';
import type { StateDirectory } from './state-directory.ts';

const STAGING = 'staging';
/** What of a staging directory could not be removed: nothing is to be done with it but that. */
const REST = 'rest';
const NAMES = /^(staging|rest)(\.[0-9]+)?$/;

/** Files of the staging directory; `commit` and `undo` are the same file under a name that says what is decided. */
export const JOURNAL = { draft: 'operations', commit: 'commit', undo: 'undo' } as const;

export class Staging {
  readonly state: StateDirectory;
  /** The workspace, a byte string. */
  readonly root: string;
  readonly path: string;
  readonly tree: string;
  readonly old: string;
  readonly #journal: LineWriter;
  #operations = 0;
  #slots = 0;
  #sealed = false;

  private constructor(state: StateDirectory, path: string) {
    this.state = state;
    this.root = state.root;
    this.path = path;
    this.tree = `${path}/tree`;
    this.old = `${path}/old`;
    fs.mkdirSync(fsPath(path), 0o700);
    fs.mkdirSync(fsPath(this.tree), 0o700);
    fs.mkdirSync(fsPath(this.old), 0o700);
    this.#journal = new LineWriter(`${path}/${JOURNAL.draft}`);
  }

  /**
   * The lock must be held, and what a killed run left must have been recovered.
   *
   * @param holder number of the lock's holder
   */
  static create(state: StateDirectory, holder: number): Staging {
    return new Staging(state, stagingPath(state, holder));
  }

  /** Number of operations so far. */
  get operations(): number {
    return this.#operations;
  }

  /** A name for something that is moved out of the way. */
  newSlot(): number {
    return this.#slots++;
  }

  add(operation: Operation): void {
    this.#operations += 1;
    this.#journal.write(encodeOperation(operation));
  }

  /** A new list file of the caller's own. */
  list(name: string): LineWriter {
    return new LineWriter(this.listPath(name));
  }

  listPath(name: string): string {
    return `${this.path}/list.${name}`;
  }

  /** No operation comes after this; the journal is on the disk. */
  seal(): void {
    this.#sealed = true;
    this.#journal.closeDurably();
  }

  /**
   * Removes everything; after a commit what was replaced, before it what was staged. A journal that is decided and not done stays, with what it
   * moved out of the way: the next holder goes on with it.
   *
   * @returns sentences about what the file system refuses: the work before is as it is, done or failed
   */
  async discard(): Promise<readonly string[]> {
    try {
      const isSealed = this.#sealed;
      this.#sealed = true;
      if (!isSealed) this.#journal.abandon();
      return isDecided(leftOver(this.path)) ? [] : await clearAway(this.path, () => {});
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return [`What was staged cannot be looked at (${errno}): the next run removes it.`];
    }
  }
}

/** Staging directories of other holders. While we hold the lock, those holders were killed or are taken for dead. */
export function othersStaging(state: Pick<StateDirectory, 'path'>, holder?: number): string[] {
  const own = holder === undefined ? '' : stagingPath(state, holder);
  const names = fs.readdirSync(fsPath(state.path), { encoding: 'latin1' }).filter((name) => NAMES.test(name));
  return names.map((name) => `${state.path}/${name}`).filter((path) => path !== own);
}

/** `commit` or `undo` when a run was killed in the middle of one; `draft` when it was killed before; nothing where nothing is. */
export function leftOver(path: string): keyof typeof JOURNAL | undefined {
  if (exists(fsPath(`${path}/${JOURNAL.undo}`))) return 'undo';
  if (exists(fsPath(`${path}/${JOURNAL.commit}`))) return 'commit';
  return exists(fsPath(path)) ? 'draft' : undefined;
}

/** Has the workspace changed in part? */
export function isDecided(left: keyof typeof JOURNAL | undefined): boolean {
  return left === 'commit' || left === 'undo';
}

export function stagingPath(state: Pick<StateDirectory, 'path'>, holder: number): string {
  return `${state.path}/${STAGING}.${holder}`;
}

/**
 * Removes a staging directory in which nothing is decided, or left to do. Files of another user in what was replaced may refuse to go.
 *
 * @returns a sentence where something stays: under another name it stands in nobody's way, and the next holder tries again
 */
export async function clearAway(path: string, checkLock: () => void): Promise<readonly string[]> {
  try {
    await removeTree(path, new Pace(checkLock));
    return [];
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    checkLock();
    const name = setAside(path);
    return [
      `What was replaced cannot be removed (${errno}): remove ${RESERVED_NAME}/${name} in the workspace as the user that owns the files.`,
    ];
  }
}

/** Makes room for the staging of this run. Gives the new name, or the old one where the file system refuses that as well. */
export function setAside(path: string): string {
  const state = parentOf(path);
  const own = path.slice(state.length + 1);
  try {
    let number = Number(own.slice(own.lastIndexOf('.') + 1));
    while (exists(fsPath(`${state}/${REST}.${number}`))) number += 1;
    fs.renameSync(fsPath(path), fsPath(`${state}/${REST}.${number}`));
    return `${REST}.${number}`;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return own;
  }
}

/** Makes the names in a directory durable, where the file system can. */
export function syncDirectory(path: string): void {
  const fd = fs.openSync(fsPath(path), 'r');
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    fs.closeSync(fd);
  }
}
