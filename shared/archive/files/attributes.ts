/** A file in a directory: its place, as `fs` takes it, and the mode and time that an entry gives it. */
import * as fs from 'node:fs';
import { MAX_TIME_SECONDS } from '../format.ts';
import { fsPath } from '../paths/path.ts';
import { O_PATH } from './directory-root.ts';
import { isGone } from './errno.ts';

export interface Times {
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

export interface Attributes extends Times {
  /** The lower 12 bits of st_mode. */
  readonly mode: number;
}

/** Mode and time alone, of what may have more. */
export function attributesOf({ mode, mtimeSec, mtimeNs }: Attributes): Attributes {
  return { mode, mtimeSec, mtimeNs };
}

/** Milliseconds as `fs` gives them, which are inexact below a microsecond. */
export function timesOf(mtimeMs: number): Times {
  const mtimeSec = Math.floor(mtimeMs / 1000);
  return { mtimeSec, mtimeNs: Math.min(Math.round((mtimeMs - mtimeSec * 1000) * 1e6), 999_999_999) };
}

/** Nanoseconds as `fs` gives them for stats that are bigint: exact. */
export function timesOfNs(mtimeNs: bigint): Times {
  const mtimeSec = Number(mtimeNs / 1_000_000_000n) - (mtimeNs % 1_000_000_000n < 0n ? 1 : 0);
  return { mtimeSec, mtimeNs: Number(mtimeNs - BigInt(mtimeSec) * 1_000_000_000n) };
}

/** The time, or the nearest one that an entry can have: what a program leaves that sets none may be any number, and some file systems keep it. */
export function storable({ mtimeSec, mtimeNs }: Times): Times {
  if (Math.abs(mtimeSec) <= MAX_TIME_SECONDS) return { mtimeSec, mtimeNs };
  return { mtimeSec: Math.sign(mtimeSec) * MAX_TIME_SECONDS, mtimeNs: 0 };
}

/** Milliseconds as `fs` gives them of a time, to the last bit. */
export function msOf({ mtimeSec, mtimeNs }: Times): number {
  return mtimeSec * 1000 + mtimeNs / 1e6;
}

/**
 * A time as `fs` takes it: seconds as a double, which between 2004 and 2038 has a grain of 238 ns. The result is the latest such time that is not
 * later: programs compare which file is newer, and a whole second stays whole. Node takes negative numbers for now, but not negative strings.
 */
export function fsTime(times: Times): number | string {
  let seconds = times.mtimeSec + times.mtimeNs / 1e9;
  if (isLater(seconds, times)) seconds -= 2 ** (Math.floor(Math.log2(Math.abs(seconds))) - 52);
  return seconds < 0 ? String(seconds) : seconds;
}

/** Whether `seconds` is later than the times, once libuv has cut it into seconds and nanoseconds. */
function isLater(seconds: number, { mtimeSec, mtimeNs }: Times): boolean {
  const whole = Math.trunc(seconds);
  return (whole - mtimeSec) * 1e9 + Math.trunc((seconds - whole) * 1e9) > mtimeNs;
}

/**
 * Sets mode and time of the path itself. A link at the path is not followed.
 *
 * @param isSeen whether it is still what was seen; nothing is set where it is not
 * @returns whether they are set
 */
export function setAttributes(
  path: string | Buffer,
  attributes: Attributes,
  isSeen: (stats: fs.Stats) => boolean = () => true,
): boolean {
  let isSet = false;
  onItself(path, (handle, stats) => {
    isSet = isSeen(stats);
    if (!isSet) return;
    const time = fsTime(attributes);
    if (stats.isSymbolicLink()) {
      fs.lutimesSync(path, atimeOf(stats), time);
      return;
    }
    if ((stats.mode & 0o7777) !== attributes.mode) fs.chmodSync(handle, attributes.mode);
    fs.utimesSync(handle, atimeOf(stats), time);
  });
  return isSet;
}

/** Sets the time of a file that is still the one that was seen, and says whether it is. */
export function setFileTime(path: string | Buffer, seen: Pick<fs.Stats, 'ino' | 'nlink'>, times: Times): boolean {
  let isSame = false;
  onItself(path, (handle, stats) => {
    isSame = stats.isFile() && stats.ino === seen.ino && stats.nlink === seen.nlink;
    if (isSame) fs.utimesSync(handle, atimeOf(stats), fsTime(times));
  });
  return isSame;
}

/** Links have no mode of their own. */
export function setMode(path: string | Buffer, mode: number): void {
  onItself(path, (handle, stats) => {
    if (!stats.isSymbolicLink()) fs.chmodSync(handle, mode);
  });
}

/**
 * Gives the path itself to another user, if root owns it. The same open handle is asked and given away, so nothing can come in between. A file with
 * several names stays root's, as its other names may be anywhere.
 */
export function giveFromRoot(path: string | Buffer, uid: number, gid: number): void {
  onItself(path, (handle, stats) => {
    if (stats.uid === 0 && (stats.isDirectory() || stats.nlink === 1)) fs.chownSync(handle, uid, gid);
  });
}

function onItself(path: string | Buffer, work: (handle: string, stats: fs.Stats) => void): void {
  const fd = fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW);
  try {
    work(`/proc/self/fd/${fd}`, fs.fstatSync(fd));
  } finally {
    fs.closeSync(fd);
  }
}

function atimeOf(stat: fs.Stats): number {
  return Math.max(stat.atimeMs / 1e3, 0);
}

/** The path below one of the places, as `fs` takes it. */
export function at(place: string, path: string): string | Buffer {
  return fsPath(path === '' ? place : `${place}/${path}`);
}

/** Mode and time to the nanosecond, which the stats of a walk do not have. */
export function attributesAt(path: string | Buffer): Attributes {
  const { mode, mtimeNs } = fs.lstatSync(path, { bigint: true });
  return { mode: Number(mode & 0o7777n), ...timesOfNs(mtimeNs) };
}

export function exists(path: string | Buffer): boolean {
  return statsAt(path) !== undefined;
}

/** True for a directory, false for a link to one. */
export function isDirectory(path: string | Buffer): boolean {
  return statsAt(path)?.isDirectory() === true;
}

/** What is at the path, links not followed at its end; nothing also where something on the way is no directory. */
export function statsAt(path: string | Buffer): fs.Stats | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
