import { invalidParams } from '../errors.ts';
import type { CacheError } from '../errors.ts';
import { checkBounds, PARAMS_BOUNDS } from '../interface/text/bounds.ts';
import { parseBytes } from '../interface/text/bytes.ts';
import { parseDuration } from '../interface/text/duration.ts';
import { didYouMean } from '../interface/text/nearest.ts';
import { PARAMS } from '../interface/params.ts';
import type { ParamName, ParamRow, ParamType, Surface, Verb } from '../interface/params.ts';
import { splitList } from '../interface/text/split-list.ts';

type Row<Name extends ParamName> = Extract<(typeof PARAMS)[number], { readonly name: Name }>;
type ValueOf<R extends ParamRow> = R extends { readonly values: readonly (infer Value)[] }
  ? Value
  : {
      string: string;
      list: readonly string[];
      boolean: boolean;
      duration: number;
      bytes: number;
      enum: string;
    }[R['type']];

/** Typed values of the params that were given; durations in milliseconds. */
export type ParamValues = { readonly [Name in ParamName]?: ValueOf<Row<Name>> };

interface ParamSource {
  /** The verbs whose params are known; a resolver has those of both. */
  readonly verbs: readonly Verb[];
  readonly surface: Surface;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The rows of the table that are known in one place. */
export function knownParams(verbs: readonly Verb[], surface: Surface): readonly ParamRow[] {
  const rows: readonly ParamRow[] = PARAMS;
  return rows.filter((row) => row.surfaces.includes(surface) && row.verbs.some((verb) => verbs.includes(verb)));
}

/**
 * Reads params by the table. A param that is absent, null or the empty string was not given. The empty string is the usual default of an
 * optional param of a Task or StepAction.
 */
export function readParams({ verbs, surface, params }: ParamSource): ParamValues {
  checkBounds('What is asked for', params, PARAMS_BOUNDS);
  const rows = knownParams(verbs, surface);
  const values: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(params)) {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) throw unknownParam(name, rows, verbs, surface);
    if (given === undefined || given === null || given === '') continue;
    refuseUnexpanded(name, given);
    values[name] = readValue(row, given);
  }
  return values;
}

function readValue(row: ParamRow, given: unknown): unknown {
  const value = READERS[row.type](given, row);
  checkBounds(`\`${row.name}\``, value, PARAMS_BOUNDS);
  if (row.type === 'list' && isStrings(value)) refuseQuotes(row.name, value);
  if (value === undefined) {
    throw invalidParams(
      `\`${row.name}\`: ${JSON.stringify(given)} is not ${EXPECTED[row.type](row)}.${yamlHint(row, given)}`,
    );
  }
  return value;
}

/** Refuses text that was quoted once too often, or JSON in the place of a YAML list: no file has such a name. */
function refuseQuotes(name: string, items: readonly string[]): void {
  for (const item of items) {
    const [first = '', last = ''] = [item.at(0), item.at(-1)];
    if (item.startsWith('["')) {
      throw invalidParams(
        `\`${name}\`: ${JSON.stringify(item)} is JSON in a string. Give a list, or one string with an item a line.`,
      );
    }
    if (item.length > 1 && first === last && (first === '"' || first === "'")) {
      throw invalidParams(`\`${name}\`: ${item} has quotes around it that belong to its value. Leave them out.`);
    }
  }
}

/** Kubernetes reads YAML in which `off` is a boolean. */
function yamlHint(row: ParamRow, given: unknown): string {
  const isOff = row.values?.includes('off') === true && String(given) === 'false';
  return isOff ? ' In YAML off without quotes is false: write "off".' : '';
}

/** The readers by type. Each returns undefined for a value that is not of its type. */
const READERS: Record<ParamType, (given: unknown, row: ParamRow) => unknown> = {
  string: (given) => (typeof given === 'number' ? String(given) : text(given)),
  list: (given) => {
    if (typeof given === 'string') return splitList(given);
    return isStrings(given) ? given.map((item) => item.trim()).filter((item) => item !== '') : undefined;
  },
  boolean: (given) => {
    if (typeof given === 'boolean') return given;
    const word = text(given);
    return word === 'true' ? true : word === 'false' ? false : undefined;
  },
  enum: (given, row) => row.values?.find((value) => value === text(given)),
  duration: (given) => parseDuration(text(given) ?? ''),
  bytes: (given) => parseBytes(String(given).trim()),
};

function text(given: unknown): string | undefined {
  return typeof given === 'string' ? given.trim() : undefined;
}

function isStrings(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((item) => typeof item === 'string');
}

const EXPECTED: Record<ParamType, (row: ParamRow) => string> = {
  string: () => 'a string',
  list: () => 'a list of strings, or one string with an item a line',
  boolean: () => '`true` or `false`',
  duration: () => 'a duration such as 1h5m30s',
  bytes: () => 'a number of bytes such as 20Gi',
  enum: (row) => `one of ${(row.values ?? []).join(', ')}`,
};

function unknownParam(name: string, rows: readonly ParamRow[], verbs: readonly Verb[], surface: Surface): CacheError {
  const all: readonly ParamRow[] = PARAMS;
  const elsewhere = all.find((row) => row.name === name);
  if (elsewhere !== undefined && !elsewhere.verbs.some((verb) => verbs.includes(verb))) {
    return invalidParams(`\`${name}\` is for ${elsewhere.verbs.join(' and ')} only, this is ${verbs.join(' and ')}.`);
  }
  if (elsewhere !== undefined) {
    return invalidParams(`\`${name}\` does not exist for a ${surface}, only for: ${elsewhere.surfaces.join(', ')}.`);
  }
  const known = rows.map((row) => row.name);
  return invalidParams(`Param \`${name}\` is unknown; ${didYouMean(name, known)}`);
}

/** Tekton leaves a reference that it cannot resolve as it is; taken as a value it would name nonsense. */
export function refuseUnexpanded(name: string, given: unknown): void {
  const found = (Array.isArray(given) ? given : [given]).find(isUnexpanded);
  if (found === undefined) return;
  throw invalidParams(
    `\`${name}\`: ${JSON.stringify(found)} holds a reference that Tekton did not replace. ` +
      'Check its spelling, and that the task or step it names ran and has such a result.',
  );
}

export function isUnexpanded(given: unknown): boolean {
  return typeof given === 'string' && given.includes('$(');
}
