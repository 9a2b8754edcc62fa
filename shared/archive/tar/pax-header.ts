/** Extended headers, written: records for what a block of ustar has no room for. They are read in pax.ts. */
import { padded, TAR_BLOCK, writeBlock } from './ustar-block.ts';

/** Header blocks of PAX records by the bytes of these: nothing else is in them, and nearly every file needs one. */
const paxBlocks = new Map<number, Buffer>();

function paxBlock(size: number): Buffer {
  let block = paxBlocks.get(size);
  if (block === undefined) {
    block = Buffer.alloc(TAR_BLOCK);
    writeBlock(block, 0, { name: 'PaxHeader', prefix: '', mode: 0o644, size, mtime: 0, flag: 'x', link: '' });
    paxBlocks.set(size, block);
  }
  return block;
}

/** Writes an extended header with these records; gives the position after it. */
export function writePax(buffer: Buffer, at: number, body: string): number {
  buffer.set(paxBlock(body.length), at);
  at += TAR_BLOCK;
  const end = at + padded(body.length);
  buffer.fill(0, at + body.length, end);
  buffer.write(body, at, 'latin1');
  return end;
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
