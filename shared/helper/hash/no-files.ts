import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { nearest } from '../../interface/nearest.ts';

/** What has a meaning of its own in a glob. */
const SPECIAL = /[*?[\]{}()!+@|\\]/;

/** Why globs match nothing: for each where it was looked for, and the nearest name there. */
export function explainNoFiles(source: string, globs: readonly string[]): string {
  const including = globs.filter((glob) => !glob.startsWith('!'));
  return including.map((glob) => `\`${glob}\`${whereLooked(source, glob)}`).join(', ');
}

/** The globs that are plain paths, and are not among the files that were found. */
export function missingFiles(globs: readonly string[], found: readonly string[]): string[] {
  const paths = new Set(found);
  return globs.filter((glob) => !SPECIAL.test(glob) && !paths.has(posix.normalize(glob)));
}

function whereLooked(source: string, glob: string): string {
  const parts = glob.split('/');
  const special = parts.findIndex((part) => SPECIAL.test(part));
  const fixed = parts.slice(0, special < 0 ? -1 : special);
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
