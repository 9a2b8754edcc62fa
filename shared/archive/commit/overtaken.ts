/**
 * What another program has done in a workspace since a fetch was killed, where the thing itself does not show it: a directory that was removed and
 * made anew mostly has the same inode, and one that was written into always has.
 */
import * as fs from 'node:fs';
import { errnoOf } from '../files/errno.ts';
import { exists, statsAt } from '../files/attributes.ts';
import { fsPath } from '../paths/path.ts';
import type { Steps } from '../../pace.ts';
import type { Operation } from './operation.ts';
import type { Places } from './places.ts';

/**
 * Is an operation that a killed fetch may not have done yet about something that another program has made or written since? It must not be done then.
 *
 * @param journal the journal's file
 */
export function* isOvertaken(operation: Operation, places: Places, journal: fs.Stats): Steps<boolean> {
  const { kind, path } = operation;
  if (kind === 'place') return false;
  const moves = kind === 'remove' || kind === 'replace';
  // What was moved into its slot is out of reach.
  if (moves && exists(places.slot(operation.slot))) return false;
  if (kind === 'replace' && !places.isStaged(path)) return false;
  try {
    const target = places.target(path);
    const stats = statsAt(target);
    if (stats === undefined) return false;
    if (!moves || !stats.isDirectory()) return isBornLater(stats, journal);
    return isNewer(stats, journal) || (yield* holdsNewer(byteString(target), journal));
  } catch (error) {
    // A directory that cannot be looked into stays, as anything may be in it. On a way that is gone nothing is done anyway.
    if (errnoOf(error) === undefined) throw error;
    return true;
  }
}

function* holdsNewer(directory: string, journal: fs.Stats): Steps<boolean> {
  for (const name of fs.readdirSync(fsPath(directory), { encoding: 'latin1' })) {
    const path = `${directory}/${name}`;
    const stats = fs.lstatSync(fsPath(path));
    if (isNewer(stats, journal)) return true;
    if (stats.isDirectory() && (yield* holdsNewer(path, journal))) return true;
    yield;
  }
  return false;
}

function isNewer(stats: fs.Stats, journal: fs.Stats): boolean {
  return stats.mtimeMs > journal.mtimeMs || isBornLater(stats, journal);
}

/**
 * By what no program can set, where the file system has that: tools give what they unpack an older time. In a workspace that was copied with its times, as
 * from a backup, all is born when it was copied: that tells nothing, and the journal was born after its last change.
 */
function isBornLater({ birthtimeMs }: fs.Stats, journal: fs.Stats): boolean {
  return journal.birthtimeMs <= journal.mtimeMs && birthtimeMs > journal.mtimeMs;
}

function byteString(path: string | Buffer): string {
  return typeof path === 'string' ? path : path.toString('latin1');
}
