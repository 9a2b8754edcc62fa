/** The records of a PAX extended header, as byte strings. */
import { CacheError, ERROR_CODES } from '../../errors.ts';

/** `LENGTH KEY=VALUE LF`, one after another; the length counts the whole record, so values may hold anything. */
export function* readPax(body: string): IterableIterator<readonly [string, string]> {
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(' ', at);
    const digits = body.slice(at, space);
    if (space < 0 || !/^\d{1,8}$/.test(digits)) invalid();
    const end = at + Number(digits);
    const equals = body.indexOf('=', space);
    if (end > body.length || equals < 0 || equals >= end || body[end - 1] !== '\n') invalid();
    yield [body.slice(space + 1, equals), body.slice(equals + 1, end - 1)];
    at = end;
  }
}

/** Decimal seconds with any number of digits after the point. */
export function paxTime(text: string): { readonly mtimeSec: number; readonly mtimeNs: number } {
  const match = /^(-?)(\d{1,14})(?:\.(\d*))?$/.exec(text);
  if (match === null) invalid();
  const [, sign, whole = '0', fraction = ''] = match;
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign !== '-') return { mtimeSec: seconds, mtimeNs: nanoseconds };
  return nanoseconds === 0
    ? { mtimeSec: 0 - seconds, mtimeNs: 0 }
    : { mtimeSec: -seconds - 1, mtimeNs: 1e9 - nanoseconds };
}

function invalid(): never {
  throw new CacheError(ERROR_CODES.InvalidImage, 'A layer of the image is no good tar: an extended header is broken.');
}
