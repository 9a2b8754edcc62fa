import * as fs from 'node:fs';
import { isDirectory, setMode } from './attributes.ts';
import { errnoOf } from './errno.ts';
import type { Pace, Steps } from '../../pace.ts';
import { fsPath } from '../paths/path.ts';

/** Removes a directory and all in it, also what is write-protected, following no link. Other work of the process goes on meanwhile. */
export async function removeTree(path: string, pace: Pace): Promise<void> {
  await pace.run(removeInSteps(path));
}

/** The same as a part of other work. What is not there is removed already. */
export function* removeInSteps(path: string): Steps {
  if (!isDirectory(fsPath(path))) {
    fs.rmSync(fsPath(path), { force: true });
    return;
  }
  yield* removeContent(path);
  fs.rmdirSync(fsPath(path));
}

function* removeContent(directory: string): Steps {
  for (const entry of childrenOf(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) yield* removeContent(path);
    inWritable(directory, () => (entry.isDirectory() ? fs.rmdirSync(fsPath(path)) : fs.unlinkSync(fsPath(path))));
    yield;
  }
}

function childrenOf(directory: string): fs.Dirent[] {
  return inWritable(directory, () => fs.readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' }));
}

/** Does the work in a directory. If the mode of the directory forbids it, changes the mode and does the work again. */
function inWritable<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
    setMode(fsPath(directory), 0o700);
    return work();
  }
}
