/** Looks at the `paths` of an upload before anything is compared: an entry with nothing in it would be an exact hit that restores nothing. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { at, statsAt } from '../../../archive/files/attributes.ts';
import { parentOf, toByteString } from '../../../archive/paths/path.ts';

export interface ChosenPaths {
  /** Nothing is there, or an empty directory, or a file where a directory on the way should be. */
  readonly without: readonly string[];
  /** At least one path has something; true as well when the whole workspace is chosen. */
  readonly anything: boolean;
}

/**
 * @param dir the workspace
 * @param paths relative to it, in normal form
 * @throws CacheError `Unreadable` for a path that is a symbolic link, or leads through one: what is behind it is no part of the entry
 */
export function lookAtPaths(dir: string, paths: readonly string[]): ChosenPaths {
  // A workspace that is not there is for the walk to tell.
  if (!fs.existsSync(dir)) return { without: [], anything: true };
  const root = toByteString(dir);
  const without = paths.filter((path) => {
    const name = toByteString(path);
    const link = linkOnTheWay(root, name);
    if (link !== undefined) throw linked(path, fs.readlinkSync(at(root, link)));
    return !hasContent(root, name);
  });
  return { without, anything: paths.length === 0 || without.length < paths.length };
}

/** The first part of a path that is a symbolic link. */
function linkOnTheWay(root: string, path: string): string | undefined {
  for (let part = path; part !== ''; part = parentOf(part)) {
    if (statsAt(at(root, part))?.isSymbolicLink() === true) return part;
  }
  return undefined;
}

function hasContent(root: string, path: string): boolean {
  const stats = statsAt(at(root, path));
  if (stats?.isDirectory() !== true) return stats !== undefined;
  try {
    return fs.readdirSync(at(root, path)).length > 0;
  } catch {
    // The walk says which directory cannot be read.
    return true;
  }
}

function linked(path: string, target: string): CacheError {
  return new CacheError(
    ERROR_CODES.Unreadable,
    `\`paths\`: ${path} is, or leads through, a symbolic link to ${target}. What is behind a link is no part of an entry: name the directory itself.`,
  );
}
