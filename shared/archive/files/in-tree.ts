import * as fs from 'node:fs';
import { at } from './attributes.ts';

/** Is everything on the way to a path a directory, and not a link to one? */
export function isInTree(root: string, path: string): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const stats = fs.lstatSync(at(root, path.slice(0, slash)), { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true) return false;
  }
  return true;
}
