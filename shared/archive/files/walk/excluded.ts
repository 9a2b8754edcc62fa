import * as fs from 'node:fs';
import { at } from '../attributes.ts';
import type { Steps } from '../../../pace.ts';
import { isOutside } from '../../paths/selection.ts';
import type { Selection } from '../../paths/selection.ts';

/** Is anything in a directory outside of the selection, at whatever depth? */
export function* holdsExcluded(root: string, directory: string, selection: Selection): Steps<boolean> {
  const children = fs.readdirSync(at(root, directory), { withFileTypes: true, encoding: 'latin1' });
  for (const child of children) {
    const path = `${directory}/${child.name}`;
    if (isOutside(selection.relation(path), child.isDirectory())) return true;
    if (child.isDirectory() && (yield* holdsExcluded(root, path, selection))) return true;
    yield;
  }
  return false;
}
