/** Extended headers, written: records for what a block of ustar has no room for. They are read in pax.ts. */
import { padded, TAR_BLOCK, writeBlock, writeText } from './ustar-block.ts';

/** Extended headers with zeros for their records, by the bytes of these: nothing else is in them, and nearly every file needs one. */
const paxHeaders = new Map<number, Buffer>();
/** Longer ones are rare. */
const KEPT_BYTES = TAR_BLOCK;

function paxHeader(size: number): Buffer {
  const kept = paxHeaders.get(size);
  if (kept !== undefined) return kept;
  const header = Buffer.alloc(TAR_BLOCK + padded(size));
  writeBlock(header, 0, { name: 'PaxHeader', prefix: '', mode: 0o644, size, mtime: 0, flag: 'x', link: '' });
  if (size <= KEPT_BYTES) paxHeaders.set(size, header);
  return header;
}

/** Writes an extended header with these records; gives the position after it. */
export function writePax(buffer: Buffer, at: number, records: string): number {
  const header = paxHeader(records.length);
  buffer.set(header, at);
  writeText(buffer, at + TAR_BLOCK, records);
  return at + header.length;
}

/** `LENGTH KEY=VALUE LF`, where the length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return length + rest;
}

/** Seconds as a decimal number, exact to the nanosecond. */
export function decimalTime(seconds: number, nanoseconds: number): string {
  if (seconds >= 0 || nanoseconds === 0) {
    return nanoseconds === 0 ? String(seconds) : `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
  }
  // -1 s + 0.25 s is written as -0.75.
  return `-${-seconds - 1}.${String(1e9 - nanoseconds).padStart(9, '0')}`;
}
