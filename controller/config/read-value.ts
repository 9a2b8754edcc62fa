/** Readers of the configuration's values: each gives the value, or throws `InvalidParams` with what it expected. */
import { parse } from 'yaml';

import { invalidParams } from '../../shared/errors.ts';
import { parseBytes } from '../../shared/interface/text/bytes.ts';
import { parseDuration } from '../../shared/interface/text/duration.ts';
import { splitList } from '../../shared/interface/text/split-list.ts';

export type Reader<T> = (text: string) => T;

/** Text that may be empty, and otherwise has to pass a check, which throws `InvalidParams`. */
export function readChecked(check: (text: string) => void): Reader<string> {
  return (text) => {
    const trimmed = text.trim();
    if (trimmed !== '') check(trimmed);
    return trimmed;
  };
}

export const readList: Reader<readonly string[]> = (text) => splitList(text);

/** A list all of whose items pass. */
export function readListOf(isRight: (item: string) => boolean, expected: string): Reader<readonly string[]> {
  return (text) => {
    const items = splitList(text);
    const wrong = items.find((item) => !isRight(item));
    return wrong === undefined ? items : refuse(wrong, expected);
  };
}

export const readDuration: Reader<number> = (text) => {
  const duration = parseDuration(text.trim());
  return duration !== undefined && duration > 0 ? duration : refuse(text, 'a duration such as 5m');
};

export const readCount: Reader<number> = (text) => {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0 && /^\d+$/.test(text.trim())
    ? count
    : refuse(text, 'a whole number above 0');
};

export const readBytes: Reader<number> = (text) =>
  parseBytes(text.trim()) ?? refuse(text, 'a number of bytes such as 20Gi');

/** A reader that returns undefined for an empty text. */
export function readOptional<T>(read: Reader<T>): Reader<T | undefined> {
  return (text) => (text.trim() === '' ? undefined : read(text));
}

export function readOneOf<const Value extends string>(...values: readonly Value[]): Reader<Value> {
  return (text) => values.find((value) => value === text.trim()) ?? refuse(text, `one of ${values.join(', ')}`);
}

/** A YAML mapping with these fields and no others. Their own content is for the API server to judge. */
export function readMapping<T extends object>(fields: readonly (keyof T & string)[]): Reader<T> {
  const isKnown = (value: object): value is T => unknownField(value) === undefined;
  const unknownField = (value: object) => Object.keys(value).find((key) => !fields.some((field) => field === key));
  return (text) => {
    const value = parseYaml(text);
    return isKnown(value) ? value : refuse(unknownField(value) ?? '', `one of its fields: ${fields.join(', ')}`);
  };
}

/** A document is not quoted: a proxy in it may have a password. */
function parseYaml(text: string): object {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw invalidParams(`it is not YAML: ${why}`);
  }
  if (value === null) return {};
  if (isMapping(value)) return value;
  throw invalidParams('it is not a YAML mapping');
}

function refuse(text: string, expected: string): never {
  throw invalidParams(`${JSON.stringify(text)} is not ${expected}`);
}

export function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
