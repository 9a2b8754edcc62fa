import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { isPlain, plainPath } from '../../glob/glob.ts';
import { nearest } from '../../interface/text/nearest.ts';
import { isDirectory } from '../is-directory.ts';

/** Why globs match nothing: for each where it was looked for, and the nearest name there. */
export function explainNoFiles(source: string, globs: readonly string[]): string {
  const including = globs.filter((glob) => !glob.startsWith('!'));
  return including.map((glob) => `\`${glob}\`${whereLooked(source, plainPath(glob))}`).join(', ');
}

function whereLooked(source: string, glob: string): string {
  const parts = glob.split('/');
  const fixed: string[] = [];
  for (const part of parts.slice(0, -1)) {
    // `app/(shop)` may be the name of a directory, too.
    if (!isPlain(part) && !isDirectory(posix.join(source, ...fixed, part))) break;
    fixed.push(part);
  }
  const place = fixed.length === 0 ? 'at the top of `source`' : `in ${fixed.join('/')}`;
  let names: string[];
  try {
    names = readdirSync(posix.join(source, ...fixed));
  } catch {
    return ` (there is no directory ${fixed.join('/')})`;
  }
  const near = nearest(parts.at(-1) ?? '', names);
  return near === undefined ? ` (looked ${place})` : ` (looked ${place}, where there is \`${near}\`)`;
}
