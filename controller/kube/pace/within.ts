/**
 * Makes a call that has this long; then its signal says so. `outer` ends it earlier. `AbortSignal.timeout` would go off in the end also for each call
 * that has long been answered, and that took a tenth of the token service's time.
 */
export async function within<T>(
  ms: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const stop = (): void => end.abort(outer?.reason);
  const timer = setTimeout(() => end.abort(new Error(`it took more than ${ms / 1000} s`)), ms);
  if (outer?.aborted === true) stop();
  outer?.addEventListener('abort', stop, { once: true });
  try {
    return await call(end.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}
