import { link, open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { elapsedMs } from '../../clock.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';

interface LockTimes {
  /** How long to wait for another writer. */
  readonly waitMs: number;
  /** A lock as old as this was left by a writer that died: holding one takes milliseconds. */
  readonly staleMs: number;
}

const LOCK_TIMES: LockTimes = { waitMs: 30_000, staleMs: 15_000 };
const POLL_MS = 10;

/** Runs `work` while `file` exists because of us, so that two processes change an index one after the other. */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { readonly times?: LockTimes; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const { times = LOCK_TIMES, signal } = options;
  const deadline = elapsedMs() + times.waitMs;
  while (!(await create(file))) {
    await removeStale(file, times.staleMs);
    if (elapsedMs() > deadline) {
      const message = `${file} is held by another writer for more than ${times.waitMs} ms; remove it if there is none`;
      throw new CacheError(ERROR_CODES.Unreachable, message);
    }
    await sleep(POLL_MS * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function create(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Several processes may find a stale lock, and only one of them can rename it. A process that renamed a fresh lock by mistake puts it back. */
async function removeStale(file: string, staleMs: number): Promise<void> {
  const isStale = (mtimeMs: number): boolean => Date.now() - mtimeMs > staleMs;
  try {
    if (!isStale((await stat(file)).mtimeMs)) return;
    const aside = `${file}.${process.pid}.${elapsedMs()}`;
    await rename(file, aside);
    if (!isStale((await stat(aside)).mtimeMs)) await link(aside, file);
    await rm(aside, { force: true });
  } catch (error) {
    // Another process has removed or replaced the stale lock.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EEXIST')))
      throw error;
  }
}
