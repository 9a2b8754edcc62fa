import type { FetchOutcome } from '../../../shared/entry/entry.ts';
import { putEntry, type BuildOptions } from '../../support/entry/built-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';

interface FetchGround extends Omit<FetchBench, 'remove'> {
  /** Makes the entry that is fetched. */
  put(options: BuildOptions): ReturnType<typeof putEntry>;
}

/** For the top of a `describe`: each test has a store and a directory of its own. */
export const useFetchBench = (): FetchGround => {
  let bench: FetchBench;
  beforeEach(() => (bench = newFetchBench()));
  afterEach(() => bench.remove());
  return {
    get base() {
      return bench.base;
    },
    get store() {
      return bench.store;
    },
    get target() {
      return bench.target;
    },
    fetch: (more) => bench.fetch(more),
    put: (options) => putEntry(bench.store, 'v1', options),
  };
};

/** Bytes; -1 for a miss. */
export const received = (outcome: FetchOutcome): number => (outcome.found ? outcome.bytesReceived : -1);
