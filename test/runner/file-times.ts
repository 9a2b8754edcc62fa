/** Files that the table of a suite has. */
const SHOWN = 10;

/** How long each file of a suite takes, its hooks included. Times are milliseconds of any clock that never goes back. */
export class FileTimes {
  readonly #spent = new Map<string, number>();
  #last: number;

  constructor(now: number) {
    this.#last = now;
  }

  /** The time since the call before was spent in a file; in none where it has no name. */
  spend(file: string, now: number): void {
    if (file !== '') this.#spent.set(file, (this.#spent.get(file) ?? 0) + now - this.#last);
    this.#last = now;
  }

  /** A line for each of the slowest files, the slowest first, in seconds. Nothing for a suite of one file. */
  slowest(): string {
    if (this.#spent.size < 2) return '';
    const rows = [...this.#spent]
      .toSorted(([, left], [, right]) => right - left)
      .slice(0, SHOWN)
      .map(([file, milliseconds]) => `${(milliseconds / 1000).toFixed(1).padStart(9)} s  ${file}\n`);
    return `  slowest files\n${rows.join('')}`;
  }
}
