/** Plain JSON: what is not ours of a Pipeline passes through in this form. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object without fields that are undefined or empty lists, which Tekton's strict decoding would take but nobody wants to read. */
export function compact<T extends JsonObject>(object: T): T;
export function compact(object: JsonObject): JsonObject {
  const kept = Object.entries(object).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept);
}

/**
 * Fields that are null are absent, as the API server has it: `matrix:` in YAML, with nothing after it. The value of a param is the
 * empty string then, as Tekton reads it.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/apis/pipeline/v1/param_types.go (ParamValue.UnmarshalJSON)
 */
export function withoutNulls<T extends Json>(value: T): T;
export function withoutNulls(value: Json): Json {
  if (isList(value)) return value.map((item) => withoutNulls(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      if (item === undefined || item === null) return [];
      const kept = name === 'params' && isList(item) ? item.map(withValue) : item;
      return [[name, withoutNulls(kept)] as const];
    }),
  );
}

function withValue(param: Json): Json {
  return isObject(param) && param['value'] === null ? { ...param, value: '' } : param;
}

/** Every string in a value, wherever it stands. */
export function* strings(value: Json | undefined): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (isList(value)) for (const item of value) yield* strings(item);
  else if (isObject(value)) for (const item of Object.values(value)) yield* strings(item);
}

/** The value with each string in it replaced. */
export function mapStrings<T extends Json>(value: T, change: (text: string) => string): T;
export function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (isList(value)) return value.map((item) => mapStrings(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, item === undefined ? item : mapStrings(item, change)]),
  );
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The objects of a list, where there is one. */
export function objects(list: Json | undefined): JsonObject[] {
  return isList(list) ? list.filter(isObject) : [];
}

/** What is nested deeper than this is not taken in. */
const MAX_DEPTH = 200;

/** Parsers give `any`; this says what it is. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (depth > MAX_DEPTH) return false;
  if (isList(value)) return value.every((item) => isJson(item, depth + 1));
  if (isObject(value)) return Object.values(value).every((item) => isJson(item, depth + 1));
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
