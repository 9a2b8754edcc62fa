import { realpath } from 'node:fs/promises';
import { findFiles } from './find-files.ts';
import { readFiles } from './read-files.ts';
import { unreadable } from './unreadable.ts';

/** The files below a directory that globs match (`!` excludes), relative to it, in byte order. Throws as computeKey does. */
export async function listFiles(source: string, globs: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const read = readFiles(globs);
  try {
    return (await findFiles(await realpath(source), read, signal)).map(({ path }) => path);
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : unreadable(error);
  }
}
