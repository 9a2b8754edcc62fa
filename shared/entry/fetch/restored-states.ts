/** The states that files have after a fetch, by the number of their entry; gathered while it plans and restores, for the stat cache at its end. */
import { errnoOf } from '../../archive/files/errno.ts';
import type { FileState } from '../../archive/files/state/file-state.ts';
import { StateTable } from '../../archive/files/state/state-table.ts';
import { LiveSums } from '../../archive/index/live-sums.ts';
import type { TreeEntry } from '../../archive/entries/tree-entry.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import type { WalkStats } from '../../archive/files/walk/walk.ts';
import type { PrepareFromIndex } from '../../archive/restore/prepare-from-index.ts';
import { givenOf, isAsGiven, isNameOf, type FoundItem } from '../../archive/stat-cache/restored-item.ts';
import { copyStatCache, OpenStates, writeStatCache } from '../../archive/stat-cache/restored-stat-cache.ts';
import type { StoredTree } from '../manifest/live-tree.ts';
import type { FetchWork } from './fetch-work.ts';

export class RestoredStates {
  /** The sums over the entries that were counted. */
  readonly sums = new LiveSums();
  readonly #preparation: PrepareFromIndex;
  readonly #states: StateTable;
  readonly #open = new OpenStates();

  /** @param device that all files that the fetch writes are on */
  constructor(preparation: PrepareFromIndex, device: number) {
    this.#preparation = preparation;
    this.#states = new StateTable(device);
  }

  /** Gives the next entry its number. */
  count(entry: TreeEntry): number {
    const number = this.sums.files;
    this.sums.add(entry);
    return number;
  }

  /** A file stays as it was found. */
  untouched(number: number, stats: WalkStats): void {
    this.#states.setOne(number, stats);
  }

  /** An entry outside of the selection: it has no file, or one that is not its. */
  leftOut(number: number): void {
    this.#states.leaveOut(number);
  }

  /** The plan has decided about the entry. If nothing tells its state later, the file system is asked in the end. */
  planned(number: number, entry: TreeEntry): void {
    if (!this.#preparation.isFinal(number) && !this.#states.has(number)) this.#open.add(number, entry);
  }

  /** @param states as `packState` packs them, one for each number */
  written(numbers: readonly number[], states: Float64Array): void {
    this.#states.set(numbers, states);
  }

  /** Writes the stat cache. The files are restored by now: an error of the file system, or the end of the time, costs only the stat cache. */
  async keep(work: FetchWork, tree: StoredTree, selection: Selection): Promise<void> {
    const { signal } = work.request;
    try {
      await this.#write(work, tree, selection);
    } catch (error) {
      if (errnoOf(error) === undefined && !(signal?.aborted === true && error === signal.reason)) throw error;
    }
  }

  async #write(work: FetchWork, tree: StoredTree, selection: Selection): Promise<void> {
    const { request, workspace, manifest, pace, older } = work;
    const preparation = this.#preparation;
    const restored = {
      dir: request.dir,
      selection,
      digest: manifest.descriptor.digest,
      sums: this.sums,
      checkLock: () => workspace.checkLock(),
      pace,
    };
    if (this.#open.isComplete && !preparation.hasHardLinks) {
      const isMoved = (number: number): boolean => preparation.isMoved(number);
      await this.#open.resolve(workspace.state.root, this.#states, { isMoved, pace });
      await copyStatCache(restored, tree.blocks(), this.#states);
      return;
    }
    const known = (number: number, entry: TreeEntry): FileState | undefined =>
      preparation.changesLater(number, entry) ? undefined : this.#states.get(number);
    const isAsRestored = (number: number, entry: TreeEntry, found: FoundItem): boolean => {
      if (entry.type === 'hardlink') return isNameOf(workspace.state.root, entry.path, entry.target);
      const given = entry.type === 'file' && older !== undefined ? older.timeMs(entry) : givenOf(entry);
      return isAsGiven(found, given, this.#states.get(number));
    };
    await writeStatCache({ ...restored, entries: tree.entries(), known, isAsRestored });
  }
}
