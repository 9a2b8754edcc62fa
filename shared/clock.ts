/** Milliseconds of a clock that nobody sets. `performance` has it, too, and takes a millisecond to load, which a run with nothing to do would wait for. */
export function elapsedMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
