/**
 * Standard output and standard error of this process. Their readers may go at any time: a pipe to `head`, a terminal that somebody closes, a disk
 * that is full. Then the next line causes an error event, which ends a process that does not listen for it. A listener that writes a line about the
 * error causes the next one, for ever. The work matters more than the lines about it.
 */
type StandardStream = 'stdout' | 'stderr';

/** The first error of each stream. Those that are not here are not heard yet. */
const heard = new Map<StandardStream, Error | undefined>();

/** Writes a line. One that cannot be written is lost, and ends nothing. */
export function writeLine(name: StandardStream, text: string): void {
  outliveReader(name);
  process[name].write(`${text}\n`);
}

/** From now on the process goes on when the stream cannot be written. For streams that other code writes as well. */
export function outliveReader(name: StandardStream): void {
  if (heard.has(name)) return;
  heard.set(name, undefined);
  process[name].on('error', (error: Error) => heard.set(name, heard.get(name) ?? error));
}

/** The first error of what was written so far. Undefined where the reader has gone: a reader of the first lines has what it wanted. */
export async function writeError(name: StandardStream): Promise<Error | undefined> {
  // Node tells of an error one turn after the write.
  await new Promise((resolve) => setImmediate(resolve));
  const error = heard.get(name);
  return error && 'code' in error && error.code === 'EPIPE' ? undefined : error;
}
