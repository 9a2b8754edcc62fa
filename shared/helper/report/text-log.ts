import { writeLine } from '../../standard-streams.ts';

/** Lines that people read in the log of a pod, a step or their terminal. */
export interface TextLog {
  line(text: string): void;
}

/** Standard error, so that standard output stays for `--json`. */
export function standardError(): TextLog {
  return { line: (text) => writeLine('stderr', text) };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes for people, in powers of 1000: `0 B`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

/** Bytes that `formatBytes` has written, with the digits that it leaves; undefined of any other text. */
export function parseBytes(text: string): number | undefined {
  const [, digits = '', name = ''] = /^(\d{1,15}(?:\.\d)?) ([kMGT]?B)$/.exec(text) ?? [];
  return digits === '' ? undefined : Math.round(Number(digits) * 1000 ** UNITS.indexOf(name));
}

export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
