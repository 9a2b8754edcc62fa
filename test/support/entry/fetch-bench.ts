import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EntryFetch, FetchOutcome } from '../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';

/** A store and a directory to fetch into, both below one temporary directory. */
export interface FetchBench {
  readonly base: string;
  readonly store: Store;
  /** Exists and is empty. */
  readonly target: string;
  fetch(more?: Partial<EntryFetch>): Promise<FetchOutcome>;
  remove(): void;
}

export function newFetchBench(): FetchBench {
  const base = fs.mkdtempSync(join(tmpdir(), 'fetch-'));
  const target = join(base, 'target');
  fs.mkdirSync(target);
  const { store } = openStore(`oci:${join(base, 'store')}:v1`);
  return {
    base,
    store,
    target,
    fetch: (more) => fetchEntry({ store, reference: 'v1', dir: target, paths: [], exclude: [], clean: false, ...more }),
    remove: () => fs.rmSync(base, { recursive: true, force: true }),
  };
}

/** Fetches while a program runs in another thread, and waits for both. */
export async function fetchBeside(bench: FetchBench, program: string, workerData: object): Promise<void> {
  const worker = new Worker(program, { eval: true, workerData });
  try {
    await once(worker, 'online');
    const ended = once(worker, 'exit');
    await bench.fetch();
    await ended;
  } finally {
    await worker.terminate();
  }
}
