import { printable } from '../../archive/paths/path.ts';
import type { Changes } from './layers/layer-builder.ts';

const LISTED = 3;

/** Sentences for the log: what is not in the entry, or not for every tool. `special`: sockets, devices and pipes. */
export function notesOf({ leftOut, described }: Changes, special: number): string[] {
  const notes: string[] = [];
  if (special > 0) notes.push(`${special} sockets, devices or pipes were left out.`);
  if (leftOut.length > 0) notes.push(`${changingFiles(leftOut)}. They are not in the entry.`);
  if (described > 0) {
    notes.push(`${described} files have a new mode or time in the index alone: other tools see the old ones.`);
  }
  return notes;
}

/** `2 files changed each time it was read: "a", "b"`. */
export function changingFiles(paths: readonly string[]): string {
  const names = paths.slice(0, LISTED).map(printable).join(', ');
  const more = paths.length > LISTED ? ', ...' : '';
  return `${paths.length} ${paths.length === 1 ? 'file' : 'files'} changed each time it was read: ${names}${more}`;
}
