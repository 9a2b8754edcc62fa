/**
 * Many file systems give all changes of one tick of the kernel's clock the same time. So a file that has changed just now may change once
 * more, and its times do not show it. A file that has rested for longer than a tick is told from what becomes of it later.
 * https://docs.kernel.org/filesystems/multigrain-ts.html
 */

/** More than two ticks of the slowest clock of a kernel, which has a hundred in a second. */
const TICK_MS = 25;

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/** May the next change have the same time? Where clocks differ, as of a server of files, only a change of the near past is taken for one. */
export function isFresh(ctimeMs: number, nowMs: number = Date.now()): boolean {
  return Math.abs(nowMs - ctimeMs) < TICK_MS;
}

/** Holds the thread up until times of the next changes differ from those before. */
export function waitForTick(): void {
  Atomics.wait(SLEEPER, 0, 0, TICK_MS);
}
