/**
 * Can an expression take more than linear time? A matcher that backtracks tries every way in which a text can be matched, so it can
 * where their number grows with the text (Weber and Seidl, On the degree of ambiguity of finite automata, 1991):
 * a loop is left and another one entered, both over the same text (polynomial), or a loop goes two ways over the same text (exponential).
 */
import { ALL, NONE } from './alphabet.ts';
import type { CharacterSet } from './alphabet.ts';
import { parseExpression } from './expression.ts';
import type { Expression } from './expression.ts';

/** More copies of what is counted than that tell nothing new. */
const COPIES = 3;

/** A text that repeats is a way in which the expression is slow; nothing when it is linear. */
export function slowness(source: string, flags: string): string | undefined {
  const automaton = new Automaton(parseExpression(source, flags), !flags.includes('y'));
  return automaton.exponential() ?? automaton.polynomial();
}

interface Piece {
  readonly first: ReadonlySet<number>;
  readonly last: ReadonlySet<number>;
  readonly empty: boolean;
}

const EMPTY: Piece = { first: new Set(), last: new Set(), empty: true };
/** The loop over what is in front of a match. */
const BEFORE = 0;

/** One state for each place where a character stands, as Glushkov makes it. */
class Automaton {
  readonly #sets: CharacterSet[] = [ALL];
  readonly #follow: Set<number>[] = [new Set()];
  readonly #last: ReadonlySet<number>;
  readonly #mayFailAtEnd: boolean;

  constructor(expression: Expression, moves: boolean) {
    const whole = this.#piece(expression);
    this.#last = whole.last;
    const anchored = startsAtStart(expression);
    this.#mayFailAtEnd = countAssertions(expression) > (anchored ? 1 : 0);
    if (moves && !anchored) for (const state of [BEFORE, ...whole.first]) this.#follow[BEFORE]!.add(state);
  }

  exponential(): string | undefined {
    for (let state = 0; state < this.#sets.length; state++) {
      const forth = this.#reach([state, state]);
      for (const [key, pair] of forth) {
        if (pair[0] === pair[1]) continue;
        if (this.#reach(pair).has(`${state},${state}`)) return `two loops over one text (${key})`;
      }
    }
    return undefined;
  }

  polynomial(): string | undefined {
    for (let from = 0; from < this.#sets.length; from++) {
      for (let to = 0; to < this.#sets.length; to++) {
        // What ends a match ends the search for one.
        const ends = from === BEFORE && this.#last.has(to) && !this.#mayFailAtEnd;
        if (from === to || ends || !this.#loops(from) || !this.#loops(to)) continue;
        if (this.#reach([from, from, to]).has(`${from},${to},${to}`)) return 'a loop after a loop over the same text';
      }
    }
    return undefined;
  }

  #loops(state: number): boolean {
    return this.#reach([state]).has(`${state}`);
  }

  /** All tuples of states that one text leads to, from this one. */
  #reach(start: readonly number[]): Map<string, readonly number[]> {
    const found = new Map<string, readonly number[]>();
    const open: (readonly number[])[] = [start];
    for (let tuple = open.pop(); tuple !== undefined; tuple = open.pop()) {
      for (const next of this.#steps(tuple)) {
        const key = next.join(',');
        if (found.has(key)) continue;
        found.set(key, next);
        open.push(next);
      }
    }
    return found;
  }

  #steps(tuple: readonly number[]): number[][] {
    let steps: { readonly states: number[]; readonly set: CharacterSet }[] = [{ states: [], set: ALL }];
    for (const state of tuple) {
      steps = steps.flatMap(({ states, set }) =>
        [...this.#follow[state]!].flatMap((next) => {
          const common = set & this.#sets[next]!;
          return common === NONE ? [] : [{ states: [...states, next], set: common }];
        }),
      );
    }
    return steps.map(({ states }) => states);
  }

  #piece(expression: Expression): Piece {
    if (expression.is === 'assertion') return EMPTY;
    if (expression.is === 'characters') {
      const state = this.#sets.push(expression.set) - 1;
      this.#follow.push(new Set());
      return { first: new Set([state]), last: new Set([state]), empty: false };
    }
    if (expression.is === 'repeat') return this.#repeat(expression);
    const pieces = expression.parts.map((part) => this.#piece(part));
    if (expression.is === 'sequence') return pieces.reduce((before, after) => this.#then(before, after), EMPTY);
    return {
      first: new Set(pieces.flatMap(({ first }) => [...first])),
      last: new Set(pieces.flatMap(({ last }) => [...last])),
      empty: pieces.some(({ empty }) => empty),
    };
  }

  #repeat({ of, least, most }: Extract<Expression, { readonly is: 'repeat' }>): Piece {
    const copies = most === Infinity ? 1 : Math.min(most, COPIES);
    let piece = EMPTY;
    for (let copy = 0; copy < copies; copy++) {
      const one = this.#piece(of);
      piece = this.#then(piece, { ...one, empty: one.empty || copy >= least });
    }
    if (most === Infinity) this.#connect(piece.last, piece.first);
    return piece;
  }

  #then(before: Piece, after: Piece): Piece {
    this.#connect(before.last, after.first);
    return {
      first: new Set([...before.first, ...(before.empty ? after.first : [])]),
      last: new Set([...after.last, ...(after.empty ? before.last : [])]),
      empty: before.empty && after.empty,
    };
  }

  #connect(from: ReadonlySet<number>, to: ReadonlySet<number>): void {
    for (const state of from) for (const next of to) this.#follow[state]!.add(next);
  }
}

function startsAtStart(expression: Expression): boolean {
  if (expression.is === 'assertion') return expression.start;
  if (expression.is === 'sequence') return expression.parts.length > 0 && startsAtStart(expression.parts[0]!);
  return expression.is === 'choice' && expression.parts.every(startsAtStart);
}

function countAssertions(expression: Expression): number {
  if (expression.is === 'characters') return 0;
  if (expression.is === 'assertion') return 1;
  if (expression.is === 'repeat') return countAssertions(expression.of);
  return expression.parts.reduce((sum, part) => sum + countAssertions(part), 0);
}
