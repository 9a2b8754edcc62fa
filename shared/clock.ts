/**
 * Milliseconds of a clock that nobody sets, from some point on: for how long something takes, or may be kept. The clock of the day may be put back an
 * hour, and what was to be kept for seconds would be kept for that hour. `performance` has it, too, and takes a millisecond to load, which a run with
 * nothing to do would wait for.
 */
export function elapsedMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
