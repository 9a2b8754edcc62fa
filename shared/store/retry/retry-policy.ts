import { NetworkError } from '../http/message/network-error.ts';
import type { NetworkFault } from '../http/message/network-error.ts';
import { StatusError } from '../http/message/status-error.ts';

export interface RetryPolicy {
  /** Tries in all. */
  readonly attempts: number;
  /** The first wait is up to this; each next one up to twice as much. Milliseconds. */
  readonly baseMs: number;
  readonly capMs: number;
  /** A server that asks for a longer wait than this is given up at once. */
  readonly longestRetryAfterMs: number;
}

export const RETRY_POLICY: RetryPolicy = { attempts: 5, baseMs: 300, capMs: 8_000, longestRetryAfterMs: 60_000 };

/** Faults that another try would meet again. */
const FINAL: readonly NetworkFault[] = ['lookup', 'tls', 'astray'];

/** How long to wait before the next try, or nothing when another try is of no use. `failures`: how many there were. */
export function retryDelay(error: unknown, failures: number, policy: RetryPolicy, random: number): number | undefined {
  if (failures >= policy.attempts || !isTransient(error)) return undefined;
  // Full jitter: clients that failed together do not come back together.
  const backoff = random * Math.min(policy.capMs, policy.baseMs * 2 ** (failures - 1));
  const asked = error instanceof StatusError ? (error.retryAfterMs ?? 0) : 0;
  return asked > policy.longestRetryAfterMs ? undefined : asked + backoff;
}

/** May another try end better? */
export function isTransient(error: unknown): boolean {
  if (error instanceof StatusError) return error.status === 408 || error.status === 429 || error.status >= 500;
  return error instanceof NetworkError && !FINAL.includes(error.fault);
}
