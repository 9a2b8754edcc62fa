/** Values in the Distinguished Encoding Rules, as far as certificates need them: https://www.itu.int/rec/T-REC-X.690 */

const TAGS = {
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  oid: 6,
  text: 12,
  utcTime: 23,
  time: 24,
  sequence: 48,
  set: 49,
};
/** From this year on a time has four digits for it: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
const FOUR_DIGITS_FROM = 2050;

function value(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 128) return Buffer.from([bytes]);
  const digits = base256(bytes);
  return Buffer.from([128 + digits.length, ...digits]);
}

function base256(number: number): number[] {
  return number < 256 ? [number] : [...base256(Math.floor(number / 256)), number % 256];
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => value(TAGS.sequence, Buffer.concat(parts));
export const set = (...parts: readonly Uint8Array[]): Buffer => value(TAGS.set, Buffer.concat(parts));
export const boolean = (is: boolean): Buffer => value(TAGS.boolean, Buffer.from([is ? 255 : 0]));
export const octets = (content: Uint8Array): Buffer => value(TAGS.octets, content);
export const text = (content: string): Buffer => value(TAGS.text, Buffer.from(content, 'utf8'));

/** A number of any length, big-endian and not negative. */
export function integer(digits: Uint8Array): Buffer {
  const first = digits.findIndex((digit) => digit !== 0);
  const shortest = first < 0 ? Buffer.from([0]) : digits.subarray(first);
  const isNegative = (shortest[0] ?? 0) > 127;
  return value(TAGS.integer, isNegative ? Buffer.concat([Buffer.from([0]), shortest]) : shortest);
}

/** A BIT STRING of whole bytes; the last `unused` bits do not count. */
export const bits = (content: Uint8Array, unused = 0): Buffer =>
  value(TAGS.bits, Buffer.concat([Buffer.from([unused]), content]));

/** `1.2.840.10045.4.3.2` */
export function oid(name: string): Buffer {
  const [first = 0, second = 0, ...rest] = name.split('.').map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = base128(arc);
    return digits.map((digit, index) => (index < digits.length - 1 ? digit + 128 : digit));
  });
  return value(TAGS.oid, Buffer.from(arcs));
}

function base128(number: number): number[] {
  return number < 128 ? [number] : [...base128(Math.floor(number / 128)), number % 128];
}

/** A UTCTime or GeneralizedTime, in whole seconds. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const isShort = date.getUTCFullYear() < FOUR_DIGITS_FROM;
  return value(isShort ? TAGS.utcTime : TAGS.time, Buffer.from(isShort ? digits.slice(2) : digits, 'ascii'));
}

/** `[number]`, with a whole value within it, or in place of the tag of a primitive one. */
export const tagged = (number: number, content: Uint8Array): Buffer => value(160 + number, content);
export const renamed = (number: number, content: Uint8Array): Buffer => value(128 + number, content);
