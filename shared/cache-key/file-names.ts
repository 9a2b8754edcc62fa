/**
 * File names that are not UTF-8 as text, and back, without loss.
 *
 * A name is bytes; read as UTF-8, bytes that are none become U+FFFD and the file cannot be opened any more. Here each byte
 * from 0x80 of such a name is a lone surrogate U+DC80 to U+DCFF, which no UTF-8 name can hold.
 */
import { isUtf8 } from 'node:buffer';

const SURROGATES = 0xdc00;

/** @param path byte string */
export function decodePath(path: string): string {
  return path
    .split('/')
    .map((name) => decodeName(Buffer.from(name, 'latin1')))
    .join('/');
}

function decodeName(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : SURROGATES + byte)).join('');
}

/** The bytes of a path of `decodePath`. */
export function encodePath(path: string): Buffer {
  if (path.isWellFormed()) return Buffer.from(path, 'utf8');
  const parts = path.split('/').flatMap((name) => [Buffer.from('/'), encodeName(name)]);
  return Buffer.concat(parts.slice(1));
}

function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  return Buffer.from(Array.from(name, (character) => character.charCodeAt(0) & 0xff));
}

/** The path as text for people. */
export function printablePath(path: string): string {
  return JSON.stringify(path.toWellFormed());
}
