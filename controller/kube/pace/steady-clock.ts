/**
 * Milliseconds by a clock that nobody sets, from some point on: for how long something takes, or may be kept. The clock of the day may be put
 * back an hour, and what was to be kept for seconds would be kept for that hour.
 */
export function steadyNow(): number {
  return performance.now();
}
