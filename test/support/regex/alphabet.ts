/** Sets of characters: a bit for each of ASCII, and one for all others. */
export type CharacterSet = bigint;

const OTHERS = 128;
export const NONE: CharacterSet = 0n;
export const ALL: CharacterSet = (1n << 129n) - 1n;

const DIGITS = range('0', '9');
const LETTERS = range('a', 'z') | range('A', 'Z');
const SPACES = ['\t', '\n', '\v', '\f', '\r', ' '].reduce(
  (set, character) => set | setOf(character),
  1n << BigInt(OTHERS),
);

/** `\d`, `\w`, `\s` and their opposites, and `\t` and its sisters. */
export const ESCAPES: Readonly<Record<string, CharacterSet>> = {
  d: DIGITS,
  D: ALL & ~DIGITS,
  w: DIGITS | LETTERS | setOf('_'),
  W: ALL & ~(DIGITS | LETTERS | setOf('_')),
  s: SPACES,
  S: (ALL & ~SPACES) | (1n << BigInt(OTHERS)),
  t: setOf('\t'),
  n: setOf('\n'),
  r: setOf('\r'),
  v: setOf('\v'),
  f: setOf('\f'),
  0: setOf('\0'),
};

export const LINE: CharacterSet = ALL & ~(setOf('\n') | setOf('\r'));

export function setOf(character: string): CharacterSet {
  return 1n << BigInt(Math.min(character.codePointAt(0) ?? 0, OTHERS));
}

export function range(first: string, last: string): CharacterSet {
  let set = NONE;
  const end = Math.min(last.codePointAt(0) ?? 0, OTHERS);
  for (let code = Math.min(first.codePointAt(0) ?? 0, OTHERS); code <= end; code++) set |= 1n << BigInt(code);
  return set;
}

/** With the letters of the other case. */
export function eitherCase(set: CharacterSet): CharacterSet {
  const upper = set & range('A', 'Z');
  const lower = set & range('a', 'z');
  return set | (upper << 32n) | (lower >> 32n);
}
