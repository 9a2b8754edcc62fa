/** The records of a PAX extended header, as byte strings. */
import { invalidTar } from './header-block.ts';

/** Keys that may come several times: the map of a sparse file, in the first of GNU's forms. */
const SPARSE_OFFSET = 'GNU.sparse.offset';
const SPARSE_BYTES = 'GNU.sparse.numbytes';
/** What is of one member only: tools do not agree on what it means for all. */
const LOCAL_KEYS = /^(path|linkpath|size|GNU\.sparse\..*)$/;

/** What one extended header says. */
export class PaxRecords {
  readonly #values = new Map<string, string>();
  /** Offsets and lengths of a sparse file, one after the other. */
  readonly sparseNumbers: string[] = [];

  /** Undefined for what is not there, or is there without a value: the header's own field counts then. */
  get(key: string): string | undefined {
    const value = this.#values.get(key);
    return value === '' ? undefined : value;
  }

  /** Is there, be it without a value. */
  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: string): void {
    const numbers = this.sparseNumbers.length;
    if (key === SPARSE_OFFSET || key === SPARSE_BYTES) {
      if ((key === SPARSE_OFFSET) !== (numbers % 2 === 0)) invalidTar('a sparse file has a broken map');
      this.sparseNumbers.push(value);
    } else this.#values.set(key, value);
  }

  /** Takes the body of a header for one member: of several in a row the last counts. */
  static local(body: string): PaxRecords {
    const records = new PaxRecords();
    for (const [key, value] of readPax(body)) records.set(key, value);
    return records;
  }

  /** Takes the body of a header for all members that follow. */
  addGlobal(body: string): void {
    for (const [key, value] of readPax(body)) {
      if (LOCAL_KEYS.test(key)) invalidTar(`a header for all files has a ${key}`);
      this.set(key, value);
    }
  }
}

/** `LENGTH KEY=VALUE LF`, one after another; the length counts the whole record, so values may hold anything. */
function* readPax(body: string): IterableIterator<readonly [string, string]> {
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
  return invalidTar('an extended header is broken');
}
