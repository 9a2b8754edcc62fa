import { Lexer, CST } from 'yaml';
import { DOCUMENT_BOUNDS, MAX_ALIASES } from '../../interface/text/bounds.ts';

/**
 * Refuses YAML that a parser would be long with: by its length, by how deep it nests, by its aliases. Looks at the tokens alone, in
 * one pass, as a parser that calls itself is slow, or out of stack, before it can tell.
 */
export function checkYaml(text: string): void {
  if (text.length > DOCUMENT_BOUNDS.characters) {
    throw new Error(`it has more than ${DOCUMENT_BOUNDS.characters} characters`);
  }
  const nesting = new Nesting();
  let aliases = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (nesting.after(type, token) > DOCUMENT_BOUNDS.depth) {
      throw new Error(`it is nested more than ${DOCUMENT_BOUNDS.depth} deep`);
    }
    if (type === 'alias' && ++aliases > MAX_ALIASES) throw new Error(`it has more than ${MAX_ALIASES} aliases`);
    if (type === 'doc-end') return;
  }
}

/** How deep a document nests at a token: its open brackets, and the columns of the maps and lists around it. */
class Nesting {
  #brackets = 0;
  /** The columns at which something begins, of the lines above and of this one. */
  readonly #columns: number[] = [];
  #column = 0;
  /** What comes next has no key in front of it, so that a colon would begin something of its own. */
  #keyless = true;

  after(type: CST.TokenType | null, token: string): number {
    if (type === 'flow-seq-start' || type === 'flow-map-start') this.#brackets++;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') this.#brackets = Math.max(0, this.#brackets - 1);
    const begins = BEGINNINGS.has(type) || (type === 'map-value-ind' && this.#keyless);
    if (begins && this.#brackets === 0) this.#begin();
    if (!MARKS.has(type)) this.#advance(token);
    if (type !== 'space') this.#keyless = type === 'map-value-ind' || type === 'newline' || BEGINNINGS.has(type);
    return this.#brackets + this.#columns.length;
  }

  #advance(token: string): void {
    const line = token.lastIndexOf('\n');
    this.#column = line < 0 ? this.#column + token.length : token.length - line - 1;
  }

  #begin(): void {
    while ((this.#columns.at(-1) ?? -1) >= this.#column) this.#columns.pop();
    this.#columns.push(this.#column);
  }
}

const BEGINNINGS: ReadonlySet<CST.TokenType | null> = new Set(['seq-item-ind', 'explicit-key-ind', 'scalar']);
/** Tokens that stand for no text: the lexer puts one in front of a scalar. */
const MARKS: ReadonlySet<CST.TokenType | null> = new Set(['scalar', 'doc-mode', 'flow-error-end']);
