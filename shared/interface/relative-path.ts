import { posix } from 'node:path';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { RESERVED_DIRECTORY } from '../reserved-directory.ts';

/** `..` as a whole name, also inside of a glob's braces. */
const PARENT = /(?:^|[/{(,|])\.\.(?:[/}),|]|$)/;

/** Refuses what could lead out of the workspace. `text` is a path or a glob, without a leading `!`. */
export function checkRelative(param: string, text: string): void {
  const refuse = (why: string): never => {
    throw new CacheError(ERROR_CODES.InvalidParams, `\`${param}\`: ${JSON.stringify(text)} ${why}.`);
  };
  if (text === '') refuse('is empty');
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
    const clean = posix.normalize(path).replace(/\/$/, '');
    if (clean === '.') return [];
    if (clean.split('/')[0] === RESERVED_DIRECTORY) {
      throw new CacheError(ERROR_CODES.InvalidParams, `\`paths\`: ${RESERVED_DIRECTORY} is this tool's own directory.`);
    }
    normal.add(clean);
  }
  return [...normal].filter((path) => ![...normal].some((other) => path.startsWith(`${other}/`)));
}
