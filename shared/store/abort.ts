import { CacheError, ERROR_CODES } from '../errors.ts';

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
