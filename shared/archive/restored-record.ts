/** The local record of a directory that was restored (record.ts): is the directory still that, and writing it anew. */
import * as fs from 'node:fs';
import { ContentCheck } from './content-check.ts';
import { isSettled, sameState, stateOf, type FileState } from './file-state.ts';
import type { Block } from './index-writer.ts';
import { at } from './operation.ts';
import { comparePaths, toByteString } from './path.ts';
import { InvalidRecord, RecordWriter, type LocalRecord } from './record.ts';
import { compressStates } from './run.ts';
import type { Selection } from './selection.ts';
import type { StateTable } from './state-table.ts';
import type { TreeEntry } from './tree-entry.ts';
import { walk, type WalkItem } from './walk.ts';

/** So many need some megabytes. */
const MAX_OPEN_STATES = 50_000;

export interface RestoredDirectory {
  readonly dir: string;
  /** What the entry does not have must not be there either. */
  readonly clean: boolean;
}

/** Has nothing been touched since the record was taken? Reads only what was changed just before that. */
export function equalsRecord(record: LocalRecord, directory: RestoredDirectory, selection: Selection): boolean {
  const found = walk(directory.dir, selection, { special: 0 });
  const content = new ContentCheck(toByteString(directory.dir), undefined);
  let item = found.next();
  try {
    for (const entry of record.entries()) {
      while (!item.done && item.value.path !== entry.path && comparePaths(item.value.path, entry.path) < 0) {
        if (directory.clean) return false;
        item = found.next();
      }
      if (item.done === true || item.value.path !== entry.path) return false;
      if (!sameState(entry.state, item.value.stats)) return false;
      if (!isSettled(entry.state, record.takenAt) && !holds(content, item.value, entry)) return false;
      item = found.next();
    }
  } catch (error) {
    if (error instanceof InvalidRecord) return false;
    throw error;
  }
  return item.done === true || !directory.clean;
}

export interface RestoredTree {
  readonly dir: string;
  readonly selection: Selection;
  readonly entries: Iterable<TreeEntry>;
  /** States that were taken before and still hold, by the number of the entry. */
  readonly known: (number: number, entry: TreeEntry) => FileState | undefined;
  /** Of the manifest of the entry. */
  readonly digest: string;
}

/** Takes the state of every entry, after the last change to any of them. Where no record can be made, there is none. */
export function writeRecord({ dir, selection, entries, known, digest }: RestoredTree): void {
  const record = RecordWriter.open(dir, selection);
  if (record === undefined) return;
  const root = toByteString(dir);
  try {
    let number = 0;
    for (const entry of entries) {
      const state = known(number++, entry) ?? stateOf(fs.lstatSync(at(root, entry.path)));
      record.add(entry, state);
    }
    record.commit(digest, record.now());
  } catch (error) {
    record.discard();
    throw error;
  }
}

/** A list of entries whose state only the file system knows. */
export class OpenStates {
  readonly #numbers: number[] = [];
  readonly #paths: string[] = [];

  /** Few enough to be kept. */
  get isComplete(): boolean {
    return this.#numbers.length < MAX_OPEN_STATES;
  }

  add(number: number, path: string): void {
    if (!this.isComplete) return;
    this.#numbers.push(number);
    this.#paths.push(path);
  }

  resolve(root: string, states: StateTable): void {
    for (const [i, number] of this.#numbers.entries()) {
      states.setOne(number, fs.lstatSync(at(root, this.#paths[i] ?? '')));
    }
  }
}

/** The same, without a look at each entry: the record takes the blocks of the index as they are. */
export function copyRecord(
  { dir, selection, digest }: Omit<RestoredTree, 'entries' | 'known'>,
  blocks: readonly Block[],
  states: StateTable,
): void {
  const record = RecordWriter.open(dir, selection);
  if (record === undefined) return;
  try {
    let first = 0;
    for (const { data, count } of blocks) {
      record.addRun([{ data, count, states: compressStates(states.rows(first, count)) }]);
      first += count;
    }
    record.commit(digest, record.now());
  } catch (error) {
    record.discard();
    throw error;
  }
}

/** A change within the grain of the file system's times would not show in the state: so look. */
function holds(content: ContentCheck, item: WalkItem, entry: TreeEntry): boolean {
  if (entry.type === 'file') return content.digest(item) === entry.digest;
  if (entry.type === 'symlink') return item.type === 'symlink' && content.target(item) === entry.target;
  return true;
}
