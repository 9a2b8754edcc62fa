import * as fs from 'node:fs';
import { at } from './attributes.ts';
import type { Selection } from '../paths/selection.ts';

/** Is anything in a directory outside of the selection, at whatever depth? */
export function holdsExcluded(root: string, directory: string, selection: Selection): boolean {
  const children = fs.readdirSync(at(root, directory), { withFileTypes: true, encoding: 'latin1' });
  return children.some((child) => {
    const path = `${directory}/${child.name}`;
    if (selection.relation(path) === 'outside') return true;
    return child.isDirectory() && holdsExcluded(root, path, selection);
  });
}
