/** Reads the syntax of regular expressions, as far as ours use it. */
import { ALL, eitherCase, ESCAPES, LINE, NONE, range, setOf } from './alphabet.ts';
import type { CharacterSet } from './alphabet.ts';

export type Expression =
  | { readonly is: 'characters'; readonly set: CharacterSet }
  /** `^`, `$`, `\b`, a look to either side: takes no character, and may fail. */
  | { readonly is: 'assertion'; readonly start: boolean }
  | { readonly is: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly is: 'repeat'; readonly of: Expression; readonly least: number; readonly most: number };

/** Throws for what it does not know: a reference back, for one, which no automaton can follow. */
export function parseExpression(source: string, flags: string): Expression {
  const reader = new Reader(source, flags);
  const expression = reader.choice();
  if (!reader.atEnd) throw new Error(`/${source}/: cannot be read at ${reader.at}`);
  return expression;
}

class Reader {
  at = 0;
  readonly #source: string;
  readonly #flags: string;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  get atEnd(): boolean {
    return this.at >= this.#source.length;
  }

  choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { is: 'choice', parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (!this.atEnd && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#repeated());
    return { is: 'sequence', parts };
  }

  #repeated(): Expression {
    const of = this.#atom();
    const [least, most] = this.#quantity();
    return least === 1 && most === 1 ? of : { is: 'repeat', of, least, most };
  }

  #quantity(): readonly [number, number] {
    const counted = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.at));
    const simple = ({ '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] } as const)[this.#peek()];
    if (counted === null && simple === undefined) return [1, 1];
    this.at += counted === null ? 1 : counted[0].length;
    this.#take('?');
    if (counted === null) return simple!;
    const [, least = '', comma, most = ''] = counted;
    return [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)];
  }

  #atom(): Expression {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return this.#characters(this.#class());
    if (character === '^' || character === '$') return { is: 'assertion', start: character === '^' };
    if (character === '.') return this.#characters(this.#flags.includes('s') ? ALL : LINE);
    if (character !== '\\') return this.#characters(setOf(character));
    if (/[bB]/.test(this.#peek())) {
      this.at++;
      return { is: 'assertion', start: false };
    }
    return this.#characters(this.#escape());
  }

  #group(): Expression {
    const look = /^\?<?[=!]/.exec(this.#source.slice(this.at))?.[0];
    const head = look ?? /^(?:\?:|\?<\w+>)?/.exec(this.#source.slice(this.at))![0];
    this.at += head.length;
    const inside = this.choice();
    if (!this.#take(')')) throw new Error(`/${this.#source}/: a group has no end`);
    return look === undefined ? inside : { is: 'assertion', start: false };
  }

  #class(): CharacterSet {
    const negated = this.#take('^');
    let set = NONE;
    while (!this.#take(']')) {
      const first = this.#classPart();
      const ranged = this.#peek() === '-' && this.#source[this.at + 1] !== ']' && typeof first === 'string';
      if (ranged) this.at++;
      const last = ranged ? this.#classPart() : first;
      set |= typeof first === 'string' ? range(first, typeof last === 'string' ? last : first) : first;
    }
    return negated ? (ALL & ~set) | setOf('\u{ffff}') : set;
  }

  #classPart(): string | CharacterSet {
    const character = this.#next();
    if (character !== '\\') return character;
    if (/[\]\\^\-./[(){}$|*+?]/.test(this.#peek())) return this.#next();
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(this.#source.slice(this.at));
    if (hex === null) return this.#escape();
    this.at += hex[0].length;
    return String.fromCharCode(Number.parseInt(hex[1] ?? hex[2]!, 16));
  }

  #escape(): CharacterSet {
    const character = this.#next();
    if (/[1-9k]/.test(character)) throw new Error(`/${this.#source}/ refers back to a group`);
    if (character === 'p' || character === 'P') {
      this.at = this.#source.indexOf('}', this.at) + 1;
      return ALL;
    }
    return ESCAPES[character] ?? setOf(character);
  }

  #characters(set: CharacterSet): Expression {
    return { is: 'characters', set: this.#flags.includes('i') ? eitherCase(set) : set };
  }

  #peek(): string {
    return this.#source.charAt(this.at);
  }

  #next(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.at) ?? 0);
    this.at += character.length;
    return character;
  }

  #take(character: string): boolean {
    const found = this.#peek() === character;
    if (found) this.at++;
    return found;
  }
}
