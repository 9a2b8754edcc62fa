/** Which paths of a workspace an entry is about. */
import { hash } from 'node:crypto';
import { RESERVED_NAME } from '../format.ts';
import { compileGlob } from './glob.ts';
import { isBelow, toByteString } from './path.ts';

/**
 * - `inside`: part of the entry, with all below it
 * - `above`: a directory on the way to something inside; part of the entry, but not what else is in it
 * - `outside`: never stored and never touched, with all below it
 */
export type Relation = 'inside' | 'above' | 'outside';

export interface Selection {
  /** Equal for equal selections; a part of a file name. */
  readonly key: string;
  /** Where a path lies, given that its parent is not outside. */
  relation(path: string): Relation;
}

/**
 * @param paths directories relative to the workspace, without `..`; empty: all of it
 * @param exclude globs relative to the workspace; what they match is outside with all below it
 */
export function selectionOf(paths: readonly string[], exclude: readonly string[]): Selection {
  const roots = paths.map(normalize).filter((path) => path !== '');
  const everything = roots.length < paths.length || paths.length === 0;
  const globs = exclude.map(compileGlob);
  const key = hash('sha256', JSON.stringify([everything ? [] : roots.toSorted(), exclude.toSorted()])).slice(0, 16);
  return {
    key,
    relation(path) {
      if (path === RESERVED_NAME || globs.some((glob) => glob.test(path))) return 'outside';
      if (everything || roots.some((root) => root === path || isBelow(path, root))) return 'inside';
      return roots.some((root) => isBelow(root, path)) ? 'above' : 'outside';
    },
  };
}

function normalize(path: string): string {
  return toByteString(path)
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}
