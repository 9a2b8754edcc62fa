import { posix } from 'node:path';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { RESERVED_DIRECTORY } from '../reserved-directory.ts';

/** `..` as a whole name, also inside of a glob's braces. */
const PARENT = /(?:^|[/{(,|])\.\.(?:[/}),|]|$)/;

/** Linux takes no longer path. */
const LONGEST = 4095;

/** Refuses what could lead out of the workspace. `text` is a path or a glob, without a leading `!`. */
export function checkRelative(param: string, text: string): void {
  const refuse = (why: string): never => {
    throw new CacheError(ERROR_CODES.InvalidParams, `\`${param}\`: ${JSON.stringify(text)} ${why}.`);
  };
  if (text === '') refuse('is empty');
  if (text.length > LONGEST) refuse(`has more than ${LONGEST} characters`);
  if (text.includes('\0')) refuse('holds a NUL character');
  if (text.startsWith('/')) refuse('is absolute; write it relative to the workspace');
  if (PARENT.test(text)) refuse('holds `..`; a cache never reaches out of its workspace');
}

/**
 * The directories of `paths` in normal form, those inside another one dropped.
 * Empty, the whole workspace, when one of them is `.`.
 */
export function normalPaths(paths: readonly string[]): string[] {
  const normal = new Set<string>();
  for (const path of paths) {
    checkRelative('paths', path);
    // A pattern taken for a name would make an entry with nothing in it.
    if (/^!|[*?]/.test(path)) {
      throw new CacheError(
        ERROR_CODES.InvalidParams,
        `\`paths\`: ${JSON.stringify(path)} is a pattern, and \`paths\` takes directories: name each of them, and leave out with \`exclude\`.`,
      );
    }
    const clean = posix.normalize(path).replace(/\/$/, '');
    if (clean === '.') return [];
    if (clean.split('/')[0] === RESERVED_DIRECTORY) {
      throw new CacheError(ERROR_CODES.InvalidParams, `\`paths\`: ${RESERVED_DIRECTORY} is this tool's own directory.`);
    }
    normal.add(clean);
  }
  const outermost = withoutInner(normal);
  return [...normal].filter((path) => outermost.has(path));
}

/** In order, what is inside of a directory follows it. */
function withoutInner(paths: ReadonlySet<string>): ReadonlySet<string> {
  const kept: string[] = [];
  for (const path of [...paths].map((path) => `${path}/`).sort()) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(last)) kept.push(path);
  }
  return new Set(kept.map((path) => path.slice(0, -1)));
}
