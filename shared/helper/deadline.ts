import { CacheError, ERROR_CODES } from '../errors.ts';
import { formatDuration } from '../interface/text/duration.ts';

/** A signal that aborts with `Deadline` after `max-time`, or with the reason of `outer` before. Call `clear` at the end. */
export function startDeadline(maxTimeMs: number, outer?: AbortSignal): { readonly signal: AbortSignal; clear(): void } {
  const deadline = new AbortController();
  const expire = (): void => {
    const message = `\`max-time\` of ${formatDuration(maxTimeMs)} passed; give it more time, or cache less.`;
    deadline.abort(new CacheError(ERROR_CODES.Deadline, message));
  };
  // setTimeout takes 2^31 - 1 ms; a longer deadline than those 24 days is none.
  const timer = maxTimeMs > 0 && maxTimeMs < 2 ** 31 ? setTimeout(expire, maxTimeMs) : undefined;
  const signal = outer === undefined ? deadline.signal : AbortSignal.any([deadline.signal, outer]);
  return { signal, clear: () => clearTimeout(timer) };
}
