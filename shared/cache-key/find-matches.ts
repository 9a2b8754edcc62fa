import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { GlobState } from '../glob/glob-state.ts';
import type { Glob } from '../glob/glob.ts';

export interface Match {
  /** Byte string, relative to the root. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
  /** What matches it. */
  readonly globs: readonly Glob[];
}

type Entry = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

/**
 * What globs match below a directory, with directories and links, in no order. Lists only directories that lead on; a link to one is
 * entered by its name alone.
 *
 * @param root absolute
 * @param isStopped asked before each directory; throws to end the search
 */
export async function findMatches(root: string, globs: readonly Glob[], isStopped: () => void): Promise<Match[]> {
  const matches: Match[] = [];
  const enter = async (directory: string, state: GlobState): Promise<void> => {
    isStopped();
    const entries = await entriesOf(absolute(root, directory), state.names);
    await Promise.all(
      entries.map(async ([name, entry]) => {
        const path = directory === '' ? name : `${directory}/${name}`;
        const inside = state.enter(name);
        const kind = entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other';
        if (inside.matched.length > 0) matches.push({ path, kind, globs: inside.matched });
        const further = kind === 'link' ? inside.behindLink() : inside;
        if (further.leadsOn && (kind === 'link' || entry.isDirectory())) await enter(path, further);
      }),
    );
  };
  await enter('', GlobState.top(globs));
  return matches;
}

/** @param path byte string, relative to the root */
export function absolute(root: string, path: string): Buffer {
  return Buffer.from(`${Buffer.from(root, 'utf8').toString('latin1')}/${path}`, 'latin1');
}

async function entriesOf(
  directory: Buffer,
  names: ReadonlySet<string> | undefined,
): Promise<readonly (readonly [string, Entry])[]> {
  if (names === undefined) {
    const entries = await present(readdir(directory, { withFileTypes: true, encoding: 'buffer' }));
    return (entries ?? []).map((entry) => [entry.name.toString('latin1'), entry] as const);
  }
  const found = await Promise.all(
    [...names].map(async (name) => {
      const entry = await present(lstat(Buffer.concat([directory, Buffer.from(`/${name}`, 'latin1')])));
      return entry === undefined ? [] : [[name, entry] as const];
    }),
  );
  return found.flat();
}

const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** A file in the place of a directory has nothing below it: for a glob that is the same as not being there. */
export async function present<T>(looked: Promise<T>): Promise<T | undefined> {
  try {
    return await looked;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return undefined;
    throw error;
  }
}
