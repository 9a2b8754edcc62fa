/** What one name of a path has to look like: a component of a glob, read. */
import { classLength } from './braces.ts';

/** `?`, `*`, `+`, `@` or `!` in front of `(a|b)`: at most one, any number, at least one, one, anything else. */
type Operator = '?' | '*' | '+' | '@' | '!';

export type Part =
  /** A byte string. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one'; readonly accepts: (code: number) => boolean }
  /** `*`: any number of characters. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'group'; readonly operator: Operator; readonly alternatives: readonly Parts[] };

export type Parts = readonly Part[];

const MOST_DEPTH = 16;
const PLAIN = /[^\\[?*+@!()|]+/y;
const ANY = (): boolean => true;

/** Why a name cannot be read. */
export class UnreadablePattern extends Error {}

/** @param component of a glob, without `/`. @throws UnreadablePattern */
export function readName(component: string): Parts {
  const reader = new NameReader(component);
  return reader.sequence(0);
}

class NameReader {
  readonly #text: string;
  readonly #choices: ReadonlySet<number>;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#choices = choicesIn(text);
  }

  /** Up to the end, or in a group up to its `|` or `)`. */
  sequence(depth: number): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (depth > 0 && (character === '|' || character === ')')) break;
      const part = this.#plain() ?? this.#group(depth) ?? this.#class() ?? this.#sign(character);
      const last = parts.at(-1);
      if (part.kind === 'text' && last?.kind === 'text') parts[parts.length - 1] = joined(last.text, part.text);
      else if (part.kind !== 'rest' || last?.kind !== 'rest') parts.push(part);
    }
    return parts;
  }

  /** The characters up to the next one with a meaning of its own. */
  #plain(): Part | undefined {
    PLAIN.lastIndex = this.#at;
    const text = PLAIN.exec(this.#text)?.[0];
    if (text === undefined) return undefined;
    this.#at += text.length;
    return { kind: 'text', text: bytesOf(text) };
  }

  #sign(character: string): Part {
    this.#at += 1;
    if (character === '*') return { kind: 'rest' };
    if (character === '?') return { kind: 'one', accepts: ANY };
    if (character === '\\' && this.#at < this.#text.length) return this.#character();
    this.#at -= 1;
    return this.#character();
  }

  /** One character that stands for itself. */
  #character(): Part {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return { kind: 'text', text: bytesOf(character) };
  }

  #group(depth: number): Part | undefined {
    const operator = /^[?*+@!](?=\()/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    const open = this.#at + (operator?.length ?? 0);
    if (this.#text[open] !== '(') return undefined;
    // Parentheses are parts of names, `app/(shop)`, where they hold no alternatives and follow no sign. Within others they belong to those.
    if (operator === undefined && depth === 0 && !this.#choices.has(open)) return undefined;
    if (depth === MOST_DEPTH) throw new UnreadablePattern(`has parentheses in more than ${MOST_DEPTH} parentheses`);
    this.#at = open;
    const alternatives: Parts[] = [];
    do {
      this.#at += 1;
      alternatives.push(this.sequence(depth + 1));
    } while (this.#text[this.#at] === '|');
    if (this.#text[this.#at] !== ')') {
      throw new UnreadablePattern(
        `has ${JSON.stringify(`${operator ?? ''}(`)} without its ) in the same name; write \\( for the character, and {a,b/c} where a / is in it`,
      );
    }
    this.#at += 1;
    return { kind: 'group', operator: readOperator(operator), alternatives };
  }

  #class(): Part | undefined {
    const length = classLength(this.#text, this.#at);
    if (length === undefined) return undefined;
    const body = this.#text.slice(this.#at + 1, this.#at + length - 1);
    this.#at += length;
    return { kind: 'one', accepts: readClass(body) };
  }
}

/** Where a parenthesis opens that has a `|` of its own. */
function choicesIn(text: string): ReadonlySet<number> {
  const choices = new Set<number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += text[at] === '\\' ? 2 : (classLength(text, at) ?? 1)) {
    const innermost = open.at(-1);
    if (text[at] === '(') open.push(at);
    else if (text[at] === ')') open.pop();
    else if (text[at] === '|' && innermost !== undefined) choices.add(innermost);
  }
  return choices;
}

function joined(a: string, b: string): Part {
  return { kind: 'text', text: a + b };
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function readOperator(text: string | undefined): Operator {
  return text === '?' || text === '*' || text === '+' || text === '!' ? text : '@';
}

/** @param body what is between the brackets. @throws UnreadablePattern */
function readClass(body: string): (code: number) => boolean {
  const negated = body.startsWith('!') || body.startsWith('^');
  const text = body.slice(negated ? 1 : 0);
  if (/\[[:.=]/.test(text)) {
    throw new UnreadablePattern('has a class with a name, as [:alpha:]; write the characters, as [a-zA-Z]');
  }
  const characters = Array.from(text.matchAll(/\\?([^])/gu), ([written, character = '']) => ({
    code: character.codePointAt(0) ?? 0,
    isDash: written === '-',
  }));
  const ranges: (readonly [from: number, to: number])[] = [];
  for (let at = 0; at < characters.length; at++) {
    const from = characters[at]?.code ?? 0;
    const last = characters[at + 1]?.isDash === true ? characters[at + 2] : undefined;
    if (last === undefined) {
      ranges.push([from, from]);
      continue;
    }
    if (last.code < from) throw new UnreadablePattern(`has a range that goes backwards in [${body}]`);
    ranges.push([from, last.code]);
    at += 2;
  }
  return (code) => ranges.some(([from, to]) => code >= from && code <= to) !== negated;
}
