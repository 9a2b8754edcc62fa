import { realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { encodePath, losslessFs, printablePath } from './file-names.ts';
import { Pace } from '../pace.ts';
import { plainPath } from './patterns.ts';
import type { Patterns } from './patterns.ts';

/**
 * The regular files below `root` that the patterns match, relative to it, in byte order of their paths.
 *
 * Linked directories are not walked. A linked file counts when its target lies below `root`, and is refused when
 * it does not, or else a link in a checkout would tell about files that are none of the build's business.
 */
export async function findFiles(root: string, patterns: Patterns, signal?: AbortSignal): Promise<string[]> {
  // Loading it takes longer than hashing a lockfile, and who has a hash needs none of it.
  const { default: glob } = await import('fast-glob');
  // Alternatives in braces may hold dots, too.
  const named = await existing(root, patterns.include);
  const include = [...patterns.include, ...named.map((path) => glob.escapePath(path))];
  const expanded = glob.generateTasks(include).flatMap(({ positive }) => positive);
  const matches = await glob(
    expanded.map(plainPath).filter((pattern) => pattern !== ''),
    {
      cwd: root,
      dot: true,
      followSymbolicLinks: false,
      fs: losslessFs(signal),
      ignore: [...patterns.exclude],
      objectMode: true,
      onlyFiles: false,
    },
  );

  const isInside = insideOf(root);
  const files: string[] = [];
  const pace = new Pace(() => signal?.throwIfAborted());
  for (const { path, dirent } of matches) {
    if (pace.isDue) await pace.rest();
    const linked = dirent.isSymbolicLink();
    if (!dirent.isFile() && !(linked && (await isFile(posix.join(root, path))))) continue;
    if (!(await isInside(path, linked))) {
      throw new CacheError(
        ERROR_CODES.Unreadable,
        `${printablePath(path)} is a link to a file outside of the workspace, which is never hashed; exclude it with \`!\`.`,
      );
    }
    files.push(path);
  }
  return inByteOrder(files);
}

/** That of UTF-16 is another one, from U+E000 on. Each name is encoded once: a checkout may have a million. */
function inByteOrder(paths: readonly string[]): string[] {
  const named = paths.map((path) => ({ path, bytes: encodePath(path) }));
  return named.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ path }) => path);
}

/** Patterns that are the name of a file as they stand: `app/[id]/page.json` is one, whatever it would match besides. */
async function existing(root: string, patterns: readonly string[]): Promise<string[]> {
  const paths = patterns.map((pattern) => pattern.replaceAll(/\\([()])/g, '$1'));
  const found = await Promise.all(paths.map(async (path) => await isFile(posix.join(root, path))));
  return paths.filter((path, at) => found[at] === true && /[[\](){}*?!]/.test(path));
}

/** Whether a path stays below `root` when every link in it is followed. Asks once a directory. */
function insideOf(root: string): (path: string, linked: boolean) => Promise<boolean> {
  const directories = new Map<string, Promise<boolean>>();
  const check = async (path: string): Promise<boolean> => {
    const real = await realpath(encodePath(posix.join(root, path)), 'buffer');
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

const ABSENT = ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENAMETOOLONG'];

/** A link to nothing is no file; neither is one to a directory or a device. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(encodePath(path))).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return false;
    throw error;
  }
}
