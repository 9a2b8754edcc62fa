import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** How often each suite of killed processes kills: `ATOMIC_KILLS=200` for a long run. */
export const KILLS = Number(process.env['ATOMIC_KILLS'] ?? 30);

/**
 * Kills a process, without a chance to clean up, a while after a sign of its work was seen.
 *
 * @returns false when it had ended well before
 */
export async function killAfter(child: ChildProcess, sign: () => boolean, delayMs: number): Promise<boolean> {
  const ended = once(child, 'exit');
  while (child.exitCode === null && !sign()) await pause(1);
  await pause(delayMs);
  child.kill('SIGKILL');
  await ended;
  if (child.signalCode === 'SIGKILL') return true;
  if (child.exitCode !== 0) throw new Error(`The process that was to be killed had ended with ${child.exitCode}.`);
  return false;
}
