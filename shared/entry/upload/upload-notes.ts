import { EFFORTS, LEAST_EFFORT } from '../../archive/pack/compress.ts';
import { printable } from '../../archive/paths/path.ts';
import type { Changes } from './layers/changes.ts';

const LISTED = 3;

/** Sentences for the log: what is not in the entry, or not for every tool. `special`: sockets, devices and pipes. */
export function notesOf({ leftOut, described, efforts }: Changes, special: number): string[] {
  const notes: string[] = [];
  if (special > 0) notes.push(`${special} sockets, devices or pipes were left out.`);
  if (leftOut.length > 0) notes.push(`${changingFiles(leftOut)}. They are not in the entry.`);
  if (described > 0) {
    notes.push(`${described} files have a new mode or time in the index alone: other tools see the old ones.`);
  }
  if (efforts.some((frames, effort) => frames > 0 && effort > LEAST_EFFORT)) notes.push(slowWire(efforts));
  return notes;
}

/** `The wire was slower than the packing, so frames were compressed harder: 2 at level 3, 9 at level 6.` */
function slowWire(efforts: readonly number[]): string {
  const used = EFFORTS.flatMap(({ name }, effort) => {
    const frames = efforts[effort] ?? 0;
    return frames === 0 ? [] : [`${frames} at ${name}`];
  });
  return `The wire was slower than the packing, so frames were compressed harder: ${used.join(', ')}.`;
}

/** `2 files changed each time it was read: "a", "b"`. */
export function changingFiles(paths: readonly string[]): string {
  const names = paths.slice(0, LISTED).map(printable).join(', ');
  const more = paths.length > LISTED ? ', ...' : '';
  return `${paths.length} ${paths.length === 1 ? 'file' : 'files'} changed each time it was read: ${names}${more}`;
}
