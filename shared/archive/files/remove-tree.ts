import * as fs from 'node:fs';
import { setMode, statsAt } from './attributes.ts';
import { errnoOf } from './errno.ts';
import type { Pace } from '../pace.ts';
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

/** The same for a tree of any size: other work of the process goes on meanwhile. */
export async function removeLargeTree(path: string, pace: Pace): Promise<void> {
  if (statsAt(fsPath(path))?.isDirectory() === true) await removeContent(path, pace);
  removeTree(path);
}

async function removeContent(directory: string, pace: Pace): Promise<void> {
  for (const entry of childrenOf(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) await removeContent(path, pace);
    removeTree(path);
    if (pace.isDue) await pace.rest();
  }
}

function childrenOf(directory: string): fs.Dirent[] {
  const list = (): fs.Dirent[] => fs.readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' });
  try {
    return list();
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error;
    setMode(fsPath(directory), 0o700);
    return list();
  }
}

function unprotect(directory: string): void {
  setMode(fsPath(directory), 0o700);
  for (const entry of childrenOf(directory)) {
    if (entry.isDirectory()) unprotect(`${directory}/${entry.name}`);
  }
}
