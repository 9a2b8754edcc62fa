import { elapsedMs } from '../clock.ts';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { formatDuration } from '../interface/text/duration.ts';

/** A time that does not go on while somebody waits. */
export interface HeldTime {
  hold(): void;
  goOn(): void;
}

export interface Deadline extends HeldTime {
  /** Aborts with `Deadline` after `max-time`, or with the reason of what is outside before. */
  readonly signal: AbortSignal;
  /** Called at the end. */
  clear(): void;
}

export function startDeadline(maxTimeMs: number, outer?: AbortSignal): Deadline {
  const deadline = new AbortController();
  const expire = (): void => {
    const message = `\`max-time\` of ${formatDuration(maxTimeMs)} passed; give it more time, or cache less.`;
    deadline.abort(new CacheError(ERROR_CODES.Deadline, message));
  };
  // setTimeout takes 2^31 - 1 ms; a longer deadline than those 24 days is none.
  let isOver = maxTimeMs <= 0 || maxTimeMs >= 2 ** 31;
  let leftMs = maxTimeMs;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const hold = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    leftMs -= elapsedMs() - since;
  };
  const goOn = (): void => {
    if (isOver || timer !== undefined) return;
    since = elapsedMs();
    timer = setTimeout(expire, leftMs);
  };
  goOn();
  const signal = outer === undefined ? deadline.signal : AbortSignal.any([deadline.signal, outer]);
  const clear = (): void => {
    hold();
    // What waited for something ends later, and lets the time go on.
    isOver = true;
  };
  return { signal, hold, goOn, clear };
}
