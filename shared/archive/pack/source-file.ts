/** Reads files that other processes may change at the same time. A read returns one state of the file, or a failure. */
import { createHash, hash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { errnoOf, isGone } from '../files/errno.ts';
import { openOwnFile } from '../files/own-file.ts';
import { isFresh, waitForTick } from '../files/state/tick.ts';
import type { FileState } from '../files/state/file-state.ts';
import { msOf, storable, timesOfNs, type Attributes } from '../files/attributes.ts';
import type { PackFailure, ReadResult } from './pack-task.ts';
import { unreadable } from '../files/walk/walk.ts';
import type { Source } from './source.ts';

const { S_IFMT, S_IFREG } = fs.constants;
/** How often a file is read that changes during each read. For a frame it is read once more: the first read relies on what the walk saw. */
export const READ_ATTEMPTS = 3;
const CHUNK_BYTES = 1024 * 1024;

export interface SourceStats {
  readonly kind: number;
  readonly size: number;
  readonly links: number;
  readonly attributes: Attributes;
  readonly state: FileState;
  /** Exact, unlike that of the state. */
  readonly ino: bigint;
}

export type Opened = { readonly file: number } | { readonly failure: PackFailure['reason'] };

/** @param path byte string, relative to the workspace; @throws CacheError `Unreadable` with the path */
export function openSource(source: Source, path: string): Opened {
  try {
    return { file: openOwnFile(source.at(path)) };
  } catch (error) {
    if (isGone(error)) return { failure: 'gone' };
    if (['ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) return { failure: 'changed' };
    throw unreadable(path, error);
  }
}

export function statSource(source: Source, path: string): SourceStats | undefined {
  try {
    return sourceStats(fs.lstatSync(source.at(path), { bigint: true }));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw unreadable(path, error);
  }
}

/** What a symbolic link holds, a byte string; nothing when it is none any more. */
export function readTarget(source: Source, path: string): string | undefined {
  try {
    return fs.readlinkSync(source.at(path), 'latin1');
  } catch {
    return undefined;
  }
}

export function statOpen(file: number): SourceStats {
  return sourceStats(fs.fstatSync(file, { bigint: true }));
}

/** The state of an open file, if it shows every later change; undefined for a file that changes all the time. */
export function statAtRest(file: number): SourceStats | undefined {
  const before = statOpen(file);
  if (!isFresh(before.state.ctimeMs)) return before;
  waitForTick();
  return isUnchanged(file, before) ? before : undefined;
}

export function isRegular(stats: SourceStats): boolean {
  return stats.kind === S_IFREG;
}

/** Is an open file as it was? */
export function isUnchanged(file: number, { size, state }: SourceStats): boolean {
  const now = fs.fstatSync(file);
  return now.size === size && now.ctimeMs === state.ctimeMs && now.mtimeMs === state.mtimeMs;
}

interface SourceRead {
  /** An open file, read on from where it is. */
  readonly file: number;
  /** The path, for messages. */
  readonly path: string;
  readonly into: Buffer;
  /** Where in the buffer. */
  readonly at: number;
  readonly length: number;
  /** Where the end should be, which saves the call that finds it. */
  readonly expected?: number;
}

/** Reads up to `length` bytes; less only at the end of the file. Gives how many. */
export function readFully({ file, path, into, at, length, expected = length }: SourceRead): number {
  let done = 0;
  try {
    while (done < length) {
      const bytes = fs.readSync(file, into, at + done, length - done, null);
      done += bytes;
      if (bytes === 0 || done === expected) break;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return done;
}

export function digestAll(source: Source, paths: readonly string[]): ReadResult[] {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  return paths.map((path) => digestSource(source, path, buffer));
}

/** The digest of a file, with the state that it had all the time. */
function digestSource(source: Source, path: string, buffer: Buffer): ReadResult {
  for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
    const opened = openSource(source, path);
    if ('failure' in opened) return { found: false, reason: opened.failure };
    try {
      const before = statAtRest(opened.file);
      if (before === undefined) continue;
      if (!isRegular(before)) return { found: false, reason: 'changed' };
      const read = digestOpen(path, opened.file, buffer);
      if (read.size === before.size && isUnchanged(opened.file, before)) {
        return { found: true, ...read, attributes: before.attributes, state: before.state };
      }
    } finally {
      fs.closeSync(opened.file);
    }
  }
  return { found: false, reason: 'changed' };
}

function digestOpen(path: string, file: number, buffer: Buffer): { readonly digest: string; readonly size: number } {
  let sum: Hash | undefined;
  let size = 0;
  for (;;) {
    const bytes = readFully({ file, path, into: buffer, at: 0, length: CHUNK_BYTES });
    size += bytes;
    const end = bytes < CHUNK_BYTES;
    if (sum === undefined && end) return { digest: hash('sha256', buffer.subarray(0, bytes)), size };
    sum ??= createHash('sha256');
    sum.update(buffer.subarray(0, bytes));
    if (end) return { digest: sum.digest('hex'), size };
  }
}

function sourceStats(stats: fs.BigIntStats): SourceStats {
  const mode = Number(stats.mode);
  const times = timesOfNs(stats.mtimeNs);
  return {
    kind: mode & S_IFMT,
    size: Number(stats.size),
    links: Number(stats.nlink),
    attributes: { mode: mode & 0o7777, ...storable(times) },
    ino: stats.ino,
    state: {
      dev: Number(stats.dev),
      ino: Number(stats.ino),
      // The value that node:fs computes for stats that are not bigint: states of both kinds are compared.
      mtimeMs: msOf(times),
      ctimeMs: Number(stats.ctimeNs / 1_000_000_000n) * 1000 + Number(stats.ctimeNs % 1_000_000_000n) / 1e6,
    },
  };
}
