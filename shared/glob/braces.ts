/** `a{b,c}d` is `abd` and `acd`, `{1..3}` is 1, 2 and 3: what a glob stands for before any name is looked at. */

/** A text in which each list of sequences stands for one of them. */
type Sequence = (string | readonly Sequence[])[];

interface Braces {
  /** How many texts there are; may be more than anybody wants to see. */
  readonly count: number;
  expand(): string[];
}

/** A brace that is open, and what it has so far. */
interface OpenBrace {
  readonly from: number;
  readonly outer: Sequence;
  readonly items: Sequence[];
}

const MOST_RANGE = 1000;
const MOST_DEPTH = 16;
/** The longest class, in characters; a longer bracket is none. So the reader never looks far ahead for the end of one. */
const MOST_CLASS = 256;

/** @returns why it cannot be read, where that is so. Escapes and classes in the text are left as they are. */
export function readBraces(text: string): Braces | string {
  const open: OpenBrace[] = [];
  let current: Sequence = [];
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at);
    const brace = open.at(-1);
    if (token === '{') {
      if (open.length === MOST_DEPTH) return `has braces in more than ${MOST_DEPTH} braces`;
      open.push({ from: at, outer: current, items: [] });
      current = [];
    } else if (token === '}') {
      if (brace === undefined) return 'closes a brace that was not opened; write \\} for the character';
      open.pop();
      const items = [...brace.items, current];
      current = brace.outer;
      current.push(items.length > 1 ? items : withoutComma(text.slice(brace.from + 1, at), items));
    } else if (token === ',' && brace !== undefined) {
      brace.items.push(current);
      current = [];
    } else {
      current.push(token);
    }
    at += token.length;
  }
  if (open.length > 0) return 'does not close its brace; write \\{ for the character';
  return { count: countOf(current), expand: () => expand(current) };
}

/** The next token: an escape, a class, or a stretch without a meaning of its own. */
function tokenAt(text: string, at: number): string {
  const plain = /^[^\\[{},]+/.exec(text.slice(at, at + 256));
  if (plain !== null) return plain[0];
  if (text[at] === '\\') return text.slice(at, at + 2);
  return text.slice(at, at + (classLength(text, at) ?? 1));
}

/** The length of a class `[...]` with its brackets; undefined where no class begins here, or none ends. A `]` at its beginning is a character of it. */
export function classLength(text: string, at: number): number | undefined {
  if (text[at] !== '[') return undefined;
  let end = at + 1;
  if (text[end] === '!' || text[end] === '^') end++;
  if (text[end] === ']') end++;
  const last = Math.min(text.length, at + MOST_CLASS);
  for (; end < last && text[end] !== '/'; end++) {
    if (text[end] === ']') return end + 1 - at;
    if (text[end] === '\\') end++;
  }
  return undefined;
}

/** A range; otherwise the braces are characters like others. */
function withoutComma(text: string, [inside = []]: readonly Sequence[]): readonly Sequence[] {
  return rangeOf(text)?.map((item) => [item]) ?? [['{', ...inside, '}']];
}

/** `1..3` or `a..c`. */
function rangeOf(text: string): string[] | undefined {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})$/.exec(text);
  if (numbers !== null) return between(Number(numbers[1]), Number(numbers[2]), String);
  const letters = /^([a-zA-Z])\.\.([a-zA-Z])$/.exec(text);
  if (letters === null) return undefined;
  const [from = 0, to = 0] = letters.slice(1).map((letter) => letter.charCodeAt(0));
  return between(from, to, (code) => String.fromCharCode(code));
}

/** Ends after more than a glob may stand for. */
function between(from: number, to: number, write: (value: number) => string): string[] {
  const step = from <= to ? 1 : -1;
  const length = Math.min(Math.abs(to - from), MOST_RANGE) + 1;
  return Array.from({ length }, (_, n) => write(from + n * step));
}

function countOf(sequence: Sequence): number {
  const ofPart = (part: Sequence[number]): number =>
    typeof part === 'string' ? 1 : part.reduce((sum, item) => sum + countOf(item), 0);
  return sequence.reduce((count, part) => count * ofPart(part), 1);
}

function expand(sequence: Sequence): string[] {
  let texts = [''];
  for (const part of sequence) {
    const items = typeof part === 'string' ? [part] : part.flatMap(expand);
    texts = texts.flatMap((text) => items.map((item) => text + item));
  }
  return texts;
}
