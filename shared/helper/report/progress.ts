import type { EntryProgress } from '../../entry/entry.ts';
import { formatBytes, formatCount } from './text-log.ts';
import type { TextLog } from './text-log.ts';

const INTERVAL_MS = 1000;

const BEGIN = 'cache ';
const END = '/s';

/** Whether a line may be one of these: only verdicts begin in the same way. */
export function isProgress(line: string): boolean {
  return line.startsWith(BEGIN) && line.endsWith(END);
}

/** Turns frequent progress into a line a second at most: bytes, files, and the rate since the last line. */
export function progressLines(cache: string, log: TextLog, now: () => number = Date.now): (p: EntryProgress) => void {
  let lastTime = now();
  let lastBytes = 0;
  return ({ bytes, files }) => {
    const time = now();
    const elapsed = time - lastTime;
    if (elapsed < INTERVAL_MS) return;
    const rate = ((bytes - lastBytes) * 1000) / elapsed;
    log.line(`${BEGIN}${cache}: ${formatBytes(bytes)}, ${formatCount(files, 'file')}, ${formatBytes(rate)}${END}`);
    lastTime = time;
    lastBytes = bytes;
  };
}
