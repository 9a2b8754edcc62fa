/**
 * Bounds of text from outside. Whoever takes in such text checks this first. Without it, the text of one user would hold up the work for all
 * others.
 */
import { invalidParams } from '../../errors.ts';

export interface Bounds {
  /** Length of all strings and names together, in UTF-16 units. */
  readonly characters: number;
  /** Strings, numbers, items, fields, at any depth. */
  readonly values: number;
  /** Lists and objects within each other. */
  readonly depth: number;
}

/** The bounds on all params of one request together. The request has to fit into one variable, for which Linux has 128 KiB. */
export const PARAMS_BOUNDS: Bounds = { characters: 65_536, values: 4096, depth: 4 };
/** A Pipeline or Task, as text or as read. The API server stores objects up to 1.5 MiB. */
export const DOCUMENT_BOUNDS: Bounds = { characters: 2 ** 20, values: 500_000, depth: 100 };
/** More aliases (`*x`) than in any document that was written by hand: each is looked up in all of the document. */
export const MAX_ALIASES = 100;
/** A pod mounts each. */
export const MAX_WORKSPACES = 64;

/** How a value is out of bounds, as the rest of a sentence about it; undefined where it is not. The check looks at no more than the bounds allow. */
export function breach(value: unknown, bounds: Bounds): string | undefined {
  let characters = 0;
  let values = 0;
  const open: (readonly [unknown, number])[] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [one, depth] = next;
    values++;
    if (typeof one === 'string') characters += one.length;
    if (typeof one === 'object' && one !== null) {
      if (depth >= bounds.depth) return `is nested more than ${bounds.depth} deep`;
      const names = Array.isArray(one) ? [] : Object.keys(one);
      const inside: readonly unknown[] = Object.values(one);
      if (inside.length > bounds.values) return `has more than ${bounds.values} values`;
      for (const name of names) characters += name.length;
      for (const item of inside) open.push([item, depth + 1]);
    }
    if (characters > bounds.characters) return `has more than ${bounds.characters} characters`;
    if (values > bounds.values) return `has more than ${bounds.values} values`;
  }
  return undefined;
}

/** Throws InvalidParams with a sentence about `what`. */
export function checkBounds(what: string, value: unknown, bounds: Bounds): void {
  const how = breach(value, bounds);
  if (how !== undefined) throw invalidParams(`${what} ${how}.`);
}
