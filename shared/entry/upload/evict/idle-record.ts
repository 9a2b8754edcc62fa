/** The record of what was not used, in the directory itself, so that it travels with the entry. */
import type { DirectoryRoot } from '../../../archive/files/directory-root.ts';
import type { IdleRecord } from './idle.ts';
import { readSmallFile, replaceSmallFile } from './small-file.ts';

/** Tools keep their files in directories below that of the cache. */
export const RECORD_NAME = 'unused.json';

/** No cache has more units by far. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** What cannot be read is no record: everything is judged from the start. */
export function readRecord(root: DirectoryRoot): IdleRecord {
  return parseRecord(readText(root) ?? '');
}

/** A record that says the same as before is not written: nothing has changed then. */
export function writeRecord(root: DirectoryRoot, record: IdleRecord): void {
  const text = formatRecord(record);
  if (text !== (readText(root) ?? '')) replaceSmallFile(root, RECORD_NAME, text);
}

function readText(root: DirectoryRoot): string | undefined {
  return readSmallFile(root, RECORD_NAME, MAX_RECORD_BYTES);
}

export function formatRecord(record: IdleRecord): string {
  if (record.size === 0) return '';
  const sorted = [...record].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ uploadsWithoutUse: sorted })}\n`;
}

export function parseRecord(text: string): IdleRecord {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('uploadsWithoutUse' in value)) return new Map();
    const pairs: unknown = value.uploadsWithoutUse;
    return new Map(Array.isArray(pairs) ? pairs.filter(isPair) : []);
  } catch {
    return new Map();
  }
}

function isPair(pair: unknown): pair is [string, number] {
  return Array.isArray(pair) && typeof pair[0] === 'string' && Number.isSafeInteger(pair[1]);
}
