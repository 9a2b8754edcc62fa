/** How a program of the controller ends: by a bug, or when the kubelet asks. All programs have their state elsewhere, so a new process goes on. */
import type { Log } from '../shared/log.ts';

/** The kubelet kills after 30 seconds: before that, the process ends itself. */
export const STOP_MS = 10_000;

/** Ends the process with code 1 at an error that nobody caught: a bug leaves a state that nobody knows, and the kubelet starts a new process. */
export function endOnBug(log: Log): void {
  const end = (error: unknown): void => {
    log.error('a bug ends the process', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.exit(1);
  };
  process.on('unhandledRejection', end).on('uncaughtException', end);
}

/**
 * Calls `stop` at SIGTERM, which the kubelet sends, and at SIGINT.
 *
 * @param stop ends the work at hand, and then the process; what takes longer than `STOP_MS` is cut off with code 1
 */
export function endOnSignal(log: Log, stop: () => Promise<void>): void {
  const end = (signal: NodeJS.Signals): void => {
    log.info('stopping', { signal });
    setTimeout(() => process.exit(1), STOP_MS).unref();
    void stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
}
