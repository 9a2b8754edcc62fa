/**
 * The fields of objects that one of our programs writes and another one reads, perhaps of another release. A field that the reader does not know asks
 * for something that it would not do.
 */

type Need = 'required' | 'optional';

/** What an object, or each object of a list, has: its fields, the words that some of them may be, and those that are objects themselves. */
export interface Shape {
  readonly needs: Readonly<Record<string, Need>>;
  readonly words?: Readonly<Record<string, readonly unknown[]>>;
  readonly parts?: Readonly<Record<string, Shape>>;
}

/** The shape of a type: the compiler refuses one that lacks a field. */
export interface ShapeOf<T> {
  readonly needs: { readonly [Name in keyof T]-?: object extends Pick<T, Name> ? 'optional' : 'required' };
  readonly words?: { readonly [Name in keyof T]?: readonly T[Name][] };
  readonly parts?: { readonly [Name in keyof T]?: Shape };
}

/**
 * What differs in a value from its shape, as words of a sentence; undefined where nothing does.
 *
 * @param place where the value is; empty at the top
 */
export function strangeIn(value: unknown, shape: Shape, place: string): string | undefined {
  if (Array.isArray(value)) return firstOf(value.map((item) => () => strangeIn(item, shape, place)));
  const { needs, words, parts } = shape;
  if (typeof value !== 'object' || value === null) return `\`${place}\` is no object`;
  const path = (name: string): string => (place === '' ? name : `${place}.${name}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = Object.keys(needs).find((name) => needs[name] === 'required' && !fields.has(name));
  if (missing !== undefined) return `it lacks \`${path(missing)}\``;
  return firstOf(
    [...fields].map(([name, item]) => () => {
      if (!Object.hasOwn(needs, name)) return `it has \`${path(name)}\``;
      if (words?.[name]?.includes(item) === false) return `\`${path(name)}\` is ${JSON.stringify(item)}`;
      const part = parts?.[name];
      return part && strangeIn(item, part, path(name));
    }),
  );
}

function firstOf(questions: readonly (() => string | undefined)[]): string | undefined {
  for (const ask of questions) {
    const answer = ask();
    if (answer !== undefined) return answer;
  }
  return undefined;
}
