/**
 * Standard output and standard error of this process, whose readers may go at any time: a pipe to `head`, a terminal that somebody closes,
 * a disk that is full. Node makes an error event of the next line then, and such an event ends a process that does not hear it; one that
 * writes a line about it has the next error at once, for ever. The work matters more than the lines about it.
 */
export type StandardStream = 'stdout' | 'stderr';

/** The first error of each stream. Those that are not here are not heard yet. */
const heard = new Map<StandardStream, Error | undefined>();

/** Writes a line. One that cannot be written is lost, and ends nothing. */
export function writeLine(name: StandardStream, text: string): void {
  outliveReader(name);
  process[name].write(`${text}\n`);
}

/** From now on nothing ends because the stream cannot be written. For streams that others write as well. */
export function outliveReader(name: StandardStream): void {
  if (heard.has(name)) return;
  heard.set(name, undefined);
  process[name].on('error', (error: Error) => heard.set(name, heard.get(name) ?? error));
}

/**
 * The first error of what was written so far. Nothing where the reader has gone: who reads the first lines and leaves has what it wanted.
 */
export async function writeError(name: StandardStream): Promise<Error | undefined> {
  // Node tells of an error one turn after the write.
  await new Promise((resolve) => setImmediate(resolve));
  const error = heard.get(name);
  return error && 'code' in error && error.code === 'EPIPE' ? undefined : error;
}
