import { realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { CacheError, ERROR_CODES } from '../errors.ts';
import type { Glob } from '../glob/glob.ts';
import { Pace } from '../pace.ts';
import { decodePath, printablePath } from './file-names.ts';
import { absolute, findMatches, present } from './find-matches.ts';
import type { Match } from './find-matches.ts';

interface FoundFile {
  /** Relative to the root; names that are not UTF-8 as `decodePath` gives them. */
  readonly path: string;
  /** What matches it. */
  readonly globs: readonly Glob[];
}

/**
 * The regular files below `root` that globs match, relative to it, in byte order of their paths.
 *
 * Linked directories are not walked. A linked file counts when its target lies below `root`. Otherwise it is refused: a link in a checkout must not
 * tell anything about files outside of it. With `outside: 'named'` such a link counts too, for callers that read no file.
 */
export async function findFiles(
  root: string,
  globs: readonly Glob[],
  signal?: AbortSignal,
  outside: 'refused' | 'named' = 'refused',
): Promise<FoundFile[]> {
  const isInside = insideOf(root);
  const files: Match[] = [];
  const pace = new Pace(() => signal?.throwIfAborted());
  for (const match of await findMatches(root, globs, () => signal?.throwIfAborted())) {
    if (pace.isDue) await pace.rest();
    const { path, kind } = match;
    const linked = kind === 'link';
    if (kind === 'other' || (linked && !(await isFile(absolute(root, path))))) continue;
    if (outside === 'refused' && !(await isInside(path, linked))) {
      throw new CacheError(
        ERROR_CODES.Unreadable,
        `${printablePath(decodePath(path))} is a link to a file outside of the workspace, which is never hashed; exclude it with \`!\`.`,
      );
    }
    files.push(match);
  }
  // The order of byte strings is the order of bytes.
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return files.map(({ path, globs: matching }) => ({ path: decodePath(path), globs: matching }));
}

/** Whether a path stays below `root` when every link in it is followed. Asks once a directory. */
function insideOf(root: string): (path: string, linked: boolean) => Promise<boolean> {
  const directories = new Map<string, Promise<boolean>>();
  const check = async (path: string): Promise<boolean> => {
    const real = await realpath(absolute(root, path), 'buffer');
    const prefix = Buffer.from(root === '/' ? root : `${root}/`);
    return real.equals(Buffer.from(root)) || real.subarray(0, prefix.length).equals(prefix);
  };
  return (path, linked) => {
    if (linked) return check(path);
    const parent = posix.dirname(path);
    const known = directories.get(parent) ?? check(parent);
    directories.set(parent, known);
    return known;
  };
}

/** A link to nothing is no file; neither is one to a directory or a device. */
async function isFile(path: Buffer): Promise<boolean> {
  return (await present(stat(path)))?.isFile() === true;
}
