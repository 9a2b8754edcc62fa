import * as fs from 'node:fs';
import { RESERVED_NAME } from '../format.ts';
import { fsPath, isBelow } from '../paths/path.ts';
import { at, isDirectory } from './attributes.ts';
import { errnoOf } from './errno.ts';

const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** Is everything on the way to a path a directory, and not a link to one? */
export function isInTree(root: string, path: string): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (!isDirectory(at(root, path.slice(0, slash)))) return false;
  }
  return true;
}

/**
 * What a path is when every link in it is followed, as an absolute byte string. Nothing where that is not there, or lies outside of the
 * workspace, or among the files of this program.
 *
 * @param root byte string of the workspace
 */
export function realPathIn(root: string, path: string): string | undefined {
  try {
    const [real, target] = [root, `${root}/${path}`].map((each) =>
      fs.realpathSync(fsPath(each), { encoding: 'latin1' }),
    );
    if (real === undefined || target === undefined || target === real) return undefined;
    const top = real === '/' ? '' : real;
    const own = `${top}/${RESERVED_NAME}`;
    const isIn = isBelow(target, top) && target !== own && !isBelow(target, own);
    return isIn ? target : undefined;
  } catch (error) {
    if (ABSENT.includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
