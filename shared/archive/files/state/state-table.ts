/** States of files (file-state.ts) by their entry's number in the index, taken as they were written. */
import type { Stats } from 'node:fs';
import { LEFT_OUT, UNKNOWN } from './file-state.ts';
import type { FileState } from './file-state.ts';

/** Inode, mtime and ctime; all files that a fetch writes are on one device. */
export const STATE_NUMBERS = 3;

/** What is taken of the stats of a file. */
type StatedFile = Pick<Stats, 'ino' | 'mtimeMs' | 'ctimeMs'>;

export function packState(states: Float64Array, at: number, { ino, mtimeMs, ctimeMs }: StatedFile): void {
  states[at * STATE_NUMBERS] = ino;
  states[at * STATE_NUMBERS + 1] = mtimeMs;
  states[at * STATE_NUMBERS + 2] = ctimeMs;
}

export class StateTable {
  readonly #dev: number;
  /** Devices of what is mounted in the workspace, and was there. */
  readonly #others = new Map<number, number>();
  #states = new Float64Array(0);

  constructor(dev: number) {
    this.#dev = dev;
  }

  /** @param states as `packState` packs them, one for each number */
  set(numbers: readonly number[], states: Float64Array): void {
    this.#reserve((numbers.at(-1) ?? 0) + 1);
    for (const [i, number] of numbers.entries()) {
      this.#states.set(states.subarray(i * STATE_NUMBERS, (i + 1) * STATE_NUMBERS), number * STATE_NUMBERS);
    }
  }

  has(number: number): boolean {
    return (this.#states[number * STATE_NUMBERS] ?? 0) !== 0;
  }

  /** The state, or nothing where only the file system knows. */
  get(number: number): FileState | undefined {
    const [ino = 0, mtimeMs = 0, ctimeMs = 0] = this.#states.subarray(
      number * STATE_NUMBERS,
      (number + 1) * STATE_NUMBERS,
    );
    return ino === 0 ? undefined : { dev: this.#devOf(number), ino, mtimeMs, ctimeMs };
  }

  setOne(number: number, stats: FileState): void {
    this.#reserve(number + 1);
    packState(this.#states, number, stats);
    if (stats.dev !== this.#dev) this.#others.set(number, stats.dev);
  }

  /** The file is to be read. */
  forget(number: number): void {
    this.#reserve(number + 1);
    packState(this.#states, number, UNKNOWN);
  }

  /** Notes that an entry has no state (`LEFT_OUT`). */
  leaveOut(number: number): void {
    this.#reserve(number + 1);
    packState(this.#states, number, LEFT_OUT);
  }

  #devOf(number: number): number {
    return this.#others.get(number) ?? this.#dev;
  }

  /** Rows of device, inode, mtime and ctime. */
  rows(first: number, count: number): Float64Array {
    const rows = new Float64Array(count * (STATE_NUMBERS + 1));
    for (let i = 0; i < count; i++) {
      rows[i * (STATE_NUMBERS + 1)] = this.#devOf(first + i);
      const from = (first + i) * STATE_NUMBERS;
      rows.set(this.#states.subarray(from, from + STATE_NUMBERS), i * (STATE_NUMBERS + 1) + 1);
    }
    return rows;
  }

  #reserve(count: number): void {
    if (this.#states.length >= count * STATE_NUMBERS) return;
    const larger = new Float64Array(Math.max(count * STATE_NUMBERS, this.#states.length * 2, 1024));
    larger.set(this.#states);
    this.#states = larger;
  }
}
