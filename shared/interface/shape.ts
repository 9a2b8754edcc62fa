/**
 * The fields of objects that one of our programs writes and another one reads, perhaps of another release. A field that the reader does not know asks
 * for something that it would not do.
 */

type Need = 'required' | 'optional';

const TYPES = {
  text: (value: unknown) => typeof value === 'string',
  number: (value: unknown) => typeof value === 'number',
  flag: (value: unknown) => typeof value === 'boolean',
  texts: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  list: (value: unknown) => Array.isArray(value),
  object: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
} as const;

type TypeName = keyof typeof TYPES;

/** What an object, or each object of a list, has: its fields, the words that some of them may be, and those that are objects themselves. */
export interface Shape {
  readonly needs: Readonly<Record<string, Need>>;
  readonly types?: Readonly<Record<string, TypeName>>;
  readonly words?: Readonly<Record<string, readonly unknown[]>>;
  readonly parts?: Readonly<Record<string, Shape>>;
}

/** The shape of a type: the compiler refuses one that lacks a field. */
export interface ShapeOf<T> {
  readonly needs: { readonly [Name in keyof T]-?: object extends Pick<T, Name> ? 'optional' : 'required' };
  readonly words?: { readonly [Name in keyof T]?: readonly T[Name][] };
  readonly parts?: { readonly [Name in keyof T]?: Shape };
}

/** The same with the type of each field, for a reader that must not meet another one. */
export interface TypedShapeOf<T> extends ShapeOf<T> {
  readonly types: { readonly [Name in keyof T]-?: TypeNameOf<NonNullable<T[Name]>> };
}

type TypeNameOf<Value> = Value extends string
  ? 'text'
  : Value extends number
    ? 'number'
    : Value extends boolean
      ? 'flag'
      : Value extends readonly string[]
        ? 'texts'
        : Value extends readonly unknown[]
          ? 'list'
          : 'object';

/**
 * What differs in a value from its shape, as words of a sentence; undefined where nothing does.
 *
 * @param place where the value is; empty at the top
 */
export function strangeIn(value: unknown, shape: Shape, place: string): string | undefined {
  return firstOf((Array.isArray(value) ? value : [value]).map((item) => () => strangeInObject(item, shape, place)));
}

function strangeInObject(value: unknown, { needs, types, words, parts }: Shape, place: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `\`${place}\` is no object`;
  const path = (name: string): string => (place === '' ? name : `${place}.${name}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = Object.keys(needs).find((name) => needs[name] === 'required' && !fields.has(name));
  if (missing !== undefined) return `it lacks \`${path(missing)}\``;
  return firstOf(
    [...fields].map(([name, item]) => () => {
      if (!Object.hasOwn(needs, name)) return `it has \`${path(name)}\``;
      const type = types?.[name];
      if (type !== undefined && !TYPES[type](item)) return `\`${path(name)}\` is of another type`;
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
