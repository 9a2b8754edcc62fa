import * as fs from 'node:fs';
import { setMode } from './attributes.ts';
import { errnoOf } from './errno.ts';
import { fsPath } from '../paths/path.ts';

/** Removes a directory and all in it, also what is write-protected, following no link. */
export function removeTree(path: string): void {
  try {
    fs.rmSync(fsPath(path), { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error;
    unprotect(path);
    fs.rmSync(fsPath(path), { recursive: true, force: true });
  }
}

function unprotect(directory: string): void {
  setMode(fsPath(directory), 0o700);
  for (const entry of fs.readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' })) {
    if (entry.isDirectory()) unprotect(`${directory}/${entry.name}`);
  }
}
