import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cacheDirectory } from '../../cache-directory.ts';
import type { Repository } from '../answer.ts';

/** Packages of one project, as a repository at `url`, which clients name. */
export interface Stock {
  readonly repository: (url: string) => Repository;
}

/** Contents by path. */
export type Files = Readonly<Record<string, string>>;

interface Filling {
  /** Names all that the content depends on. */
  readonly key: string;
  /** What the client has to see of the project. */
  readonly files: Files;
  /** Lets the client put packages into `directory`; `project` is a directory with the files. */
  readonly fill: (directory: string, project: string) => Promise<unknown>;
}

/** The directory that was filled for a key before, or else one that is filled now. */
export const filledDirectory = async ({ key, files, fill }: Filling): Promise<string> => {
  const directory = cacheDirectory('mirror', key);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  const project = await mkdtemp(join(tmpdir(), 'tekton-cache-stock-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), content);
    }
    await mkdir(partial, { recursive: true });
    await fill(partial, project);
    await rename(partial, directory);
  } finally {
    for (const path of [partial, project]) await rm(path, { recursive: true, force: true });
  }
  return directory;
};

/** A file below a directory; nothing for a path that leads elsewhere, or to no file. */
export const readBelow = async (directory: string, path: string): Promise<Buffer | undefined> => {
  if (path.split('/').some((part) => part === '' || part.startsWith('.'))) return undefined;
  return await readFile(join(directory, path)).catch(() => undefined);
};
