import { at, statsAt } from './attributes.ts';

/** Is everything on the way to a path a directory, and not a link to one? */
export function isInTree(root: string, path: string): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (statsAt(at(root, path.slice(0, slash)))?.isDirectory() !== true) return false;
  }
  return true;
}
