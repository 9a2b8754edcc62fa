/**
 * File names that are not UTF-8 as text, and back, without loss.
 *
 * A name is bytes; read as UTF-8, bytes that are none become U+FFFD and the file cannot be opened any more. Here each byte
 * from 0x80 of such a name is a lone surrogate U+DC80 to U+DCFF, which no UTF-8 name can hold.
 */
import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';

const REPLACEMENT = '\uFFFD';
const SURROGATES = 0xdc00;

export function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : SURROGATES + byte)).join('');
}

/** The bytes of a path whose names came from `decodeName`. */
export function encodePath(path: string): Buffer {
  if (path.isWellFormed()) return Buffer.from(path, 'utf8');
  const parts = path.split('/').flatMap((name) => [Buffer.from('/'), encodeName(name)]);
  return Buffer.concat(parts.slice(1));
}

function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  return Buffer.from(Array.from(name, (character) => character.charCodeAt(0) & 0xff));
}

/** For people. */
export function printablePath(path: string): string {
  return JSON.stringify(path.toWellFormed());
}

type Callback<T> = (error: NodeJS.ErrnoException | null, result: T) => void;

/** What fast-glob reads directories and files through: such names, and an end when the signal says so. */
export function losslessFs(signal?: AbortSignal) {
  function readdir(path: string, options: { withFileTypes: true }, callback: Callback<fs.Dirent[]>): void;
  function readdir(path: string, callback: Callback<string[]>): void;
  function readdir(path: string, ...rest: WithTypes | [Callback<string[]>]): void {
    if (rest.length === 1) fs.readdir(encodePath(path), 'buffer', toNames(rest[0]));
    else if (signal?.aborted === true) rest[1](asError(signal.reason), []);
    else readEntries(encodePath(path), absent(rest[1]));
  }
  return {
    lstat: (path: string, callback: Callback<fs.Stats>): void => fs.lstat(encodePath(path), absent(callback)),
    stat: (path: string, callback: Callback<fs.Stats>): void => fs.stat(encodePath(path), absent(callback)),
    readdir,
  };
}

type WithTypes = [{ withFileTypes: true }, Callback<fs.Dirent[]>];

function readEntries(path: Buffer, callback: Callback<fs.Dirent[]>): void {
  fs.readdir(path, { withFileTypes: true }, (error, entries) => {
    if (error !== null || !entries.some(({ name }) => name.includes(REPLACEMENT))) return callback(error, entries);
    fs.readdir(path, { withFileTypes: true, encoding: 'buffer' }, (failure, raw) =>
      callback(failure, failure === null ? raw.map(withTextName) : []),
    );
  });
}

function toNames(callback: Callback<string[]>): Callback<Buffer[]> {
  return (error, names) => absent(callback)(error, error === null ? names.map(decodeName) : []);
}

function withTextName(entry: fs.Dirent<Buffer>): fs.Dirent {
  const named: fs.Dirent = Object.create(entry, { name: { value: decodeName(entry.name) } });
  return named;
}

/** A file in the place of a directory has nothing below it: for a glob that is the same as not being there. */
function absent<T>(callback: Callback<T>): Callback<T> {
  return (error, result) => {
    if (error?.code === 'ENOTDIR') error.code = 'ENOENT';
    callback(error, result);
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
