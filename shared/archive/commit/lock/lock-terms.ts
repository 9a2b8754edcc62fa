/** What a contender goes by: the kernel it runs on, its heartbeat, and the clock that times it. */
import { setTimeout as delay } from 'node:timers/promises';
import { elapsedMs } from '../../../clock.ts';
import { bootId } from './lock-owner.ts';

interface Heartbeat {
  readonly everyMs: number;
  /** An owner counts as dead after this time without a heartbeat. */
  readonly deadAfterMs: number;
}

/** What a heartbeat is timed by, in milliseconds. */
interface Clock {
  now(): number;
  pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

/** What one kernel has in common, for those who want several on one machine. */
export interface LockTerms {
  readonly boot?: string;
  readonly heartbeat?: Heartbeat;
  readonly clock?: Clock;
}

/** A directory of lock files, as one contender sees it. */
export interface LockPlace {
  /** The directory as `fs` reaches it. */
  readonly dir: string;
  readonly boot: string;
  readonly heartbeat: Heartbeat;
  readonly clock: Clock;
}

const HEARTBEAT: Heartbeat = { everyMs: 5_000, deadAfterMs: 30_000 };
const CLOCK: Clock = {
  now: elapsedMs,
  pause: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};

export function lockPlace(
  dir: string,
  { boot = bootId(), heartbeat = HEARTBEAT, clock = CLOCK }: LockTerms,
): LockPlace {
  return { dir, boot, heartbeat, clock };
}
