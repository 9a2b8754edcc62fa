import { CacheError, ERROR_CODES } from '../errors.ts';

/** What the work gives, or the signal's reason as soon as that aborts: the work goes on then, for others who wait for it. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Why a signal ended the work: its own reason where that is a `CacheError`, `Deadline` for a timeout, else `Cancelled`.
 * `what`: "cannot read the manifest v1 in ...".
 */
export function asAbort(signal: AbortSignal, what: string): CacheError {
  const reason: unknown = signal.reason;
  if (reason instanceof CacheError) return reason;
  const late = reason instanceof Error && reason.name === 'TimeoutError';
  return late
    ? new CacheError(ERROR_CODES.Deadline, `${what}: the time is up`, { cause: reason })
    : new CacheError(ERROR_CODES.Cancelled, `${what}: cancelled`, { cause: reason });
}
