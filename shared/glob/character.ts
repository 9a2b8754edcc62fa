/** Characters in byte strings: one of UTF-8, or one byte that is part of none. */

/** Code points end at 0x10ffff; a byte that is no character is this much and itself, so that no pattern can name it. */
const NO_CHARACTER = 0x110000;

/** Bytes of the character that begins at a position. */
export function characterLength(name: string, at: number): number {
  const lead = name.charCodeAt(at);
  if (lead < 0xc2 || lead > 0xf4) return 1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = name.charCodeAt(at + 1);
  // The shortest form only, no surrogates, nothing above U+10FFFF: https://www.rfc-editor.org/rfc/rfc3629#section-4
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (!(second >= lowest && second <= highest)) return 1;
  for (let i = 2; i < length; i++) if ((name.charCodeAt(at + i) & 0xc0) !== 0x80) return 1;
  return length;
}

/** The code point of a character of that length. */
export function codePointAt(name: string, at: number, length: number): number {
  const lead = name.charCodeAt(at);
  if (length === 1) return lead < 0x80 ? lead : NO_CHARACTER + lead;
  let code = lead & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) code = (code << 6) | (name.charCodeAt(at + i) & 0x3f);
  return code;
}
