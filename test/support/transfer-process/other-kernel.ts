import type { LockTerms } from '../../../shared/archive/commit/lock/lock-terms.ts';

/** So long a frozen process has to stand still to be taken for dead. */
const DEAD_AFTER_MS = 400;

/** The lock as a process has it that runs on a kernel of its own; nothing without a name for that. */
export function kernel(name: string | undefined): { readonly lock?: LockTerms } {
  return name === undefined
    ? {}
    : { lock: { boot: name, heartbeat: { everyMs: DEAD_AFTER_MS / 8, deadAfterMs: DEAD_AFTER_MS } } };
}
