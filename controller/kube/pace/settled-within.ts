import { setTimeout as delay } from 'node:timers/promises';

/** Waits until all have settled, whatever each came to, but no longer than this. False: some have not. */
export async function settledWithin(ms: number, parts: readonly Promise<unknown>[]): Promise<boolean> {
  const end = new AbortController();
  const late = delay(ms, false, { signal: end.signal }).catch(() => false);
  const settled = Promise.allSettled(parts).then(() => true);
  try {
    return await Promise.race([settled, late]);
  } finally {
    end.abort();
  }
}
