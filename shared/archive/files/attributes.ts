/** A file in a directory: its place, as `fs` takes it, and the mode and time that an entry gives it. */
import * as fs from 'node:fs';
import { fsPath } from '../paths/path.ts';
import { O_PATH } from './directory-root.ts';
import { errnoOf } from './errno.ts';

export interface Times {
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

export interface Attributes extends Times {
  /** The lower 12 bits of st_mode. */
  readonly mode: number;
}

/** Milliseconds as `fs` gives them, which are inexact below a microsecond. */
export function timesOf(mtimeMs: number): Times {
  const mtimeSec = Math.floor(mtimeMs / 1000);
  return { mtimeSec, mtimeNs: Math.min(Math.round((mtimeMs - mtimeSec * 1000) * 1e6), 999_999_999) };
}

/**
 * A time as `fs` takes it: seconds as a double, which libuv cuts to whole microseconds. The third of one that is added keeps the
 * right one. Node takes negative numbers for now, but not negative strings.
 */
export function fsTime({ mtimeSec, mtimeNs }: Times): number | string {
  const microseconds = mtimeSec * 1e6 + Math.round(mtimeNs / 1000);
  if (microseconds < 0) return String((microseconds - 0.3) / 1e6);
  return (microseconds + 0.3) / 1e6;
}

/** Of what is at the path, and never of what a link there leads to. */
export function setAttributes(path: string | Buffer, attributes: Attributes): void {
  onItself(path, (handle, stats) => {
    const time = fsTime(attributes);
    if (stats.isSymbolicLink()) {
      fs.lutimesSync(path, atimeOf(stats), time);
      return;
    }
    if ((stats.mode & 0o7777) !== attributes.mode) fs.chmodSync(handle, attributes.mode);
    fs.utimesSync(handle, atimeOf(stats), time);
  });
}

/** Links have no mode of their own. */
export function setMode(path: string | Buffer, mode: number): void {
  onItself(path, (handle, stats) => {
    if (!stats.isSymbolicLink()) fs.chmodSync(handle, mode);
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

export function exists(path: string | Buffer): boolean {
  return statsAt(path) !== undefined;
}

/** What is at the path, links not followed at its end; nothing also where something on the way is no directory. */
export function statsAt(path: string | Buffer): fs.Stats | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
