import { invalidParams } from '../../../errors.ts';
import { breach, DOCUMENT_BOUNDS } from '../../../interface/text/bounds.ts';
import type { Bounds } from '../../../interface/text/bounds.ts';
import { isList, isObject, strings } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { Pipeline, Run } from '../tekton.ts';

/** Values of variables by their names, as they stand between `$(` and `)`. */
export type Replacements = ReadonlyMap<string, Json>;

const VARIABLE = /\$\(([^()$]+)\)/g;

/** How much more may be put in the place of variables. One string of some hundred megabytes ends the process, whatever bounds its thread has. */
class Room {
  #characters = DOCUMENT_BOUNDS.characters;
  #values = DOCUMENT_BOUNDS.values;

  /** Throws InvalidParams where it does not fit. */
  take(value: Json): void {
    this.#values -= isList(value) ? value.length : 1;
    for (const text of strings(value)) this.#characters -= text.length;
    if (this.#characters >= 0 && this.#values >= 0) return;
    throw invalidParams(
      `What stands in the place of variables has more than ${DOCUMENT_BOUNDS.characters} characters, or ${DOCUMENT_BOUNDS.values} values.`,
    );
  }
}

/**
 * `$(name)` in every string replaced; a string that is nothing but a list's variable becomes the list, or its items within a list, as Tekton has
 * it (https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/apis/pipeline/v1/param_types.go, ApplyReplacements). What is unknown stays.
 * Throws InvalidParams where the result would be larger than any document.
 */
export function substitute(value: Json, replacements: Replacements, room = new Room()): Json {
  if (typeof value === 'string') return listFor(value, replacements, room) ?? textWith(value, replacements, room);
  if (isList(value)) {
    return value.flatMap((item) => {
      const replaced = substitute(item, replacements, room);
      return typeof item === 'string' && isList(replaced) ? replaced : [replaced];
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      item === undefined ? item : substitute(item, replacements, room),
    ]),
  );
}

function listFor(text: string, replacements: Replacements, room: Room): readonly Json[] | undefined {
  const name = /^\$\(([^()$]+)\)$/.exec(text)?.[1]?.replace(/\[\*\]$/, '');
  const found = name === undefined ? undefined : replacements.get(normal(name));
  if (!isList(found)) return undefined;
  room.take(found);
  return found;
}

function textWith(text: string, replacements: Replacements, room: Room): string {
  return text.replaceAll(VARIABLE, (place, name: string) => {
    const found = replacements.get(normal(name));
    if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return place;
    room.take(found);
    return String(found);
  });
}

/** `params["x"]` and `params['x']` are other spellings of `params.x`. */
function normal(name: string): string {
  return name.replaceAll(/\["([^"]+)"\]|\['([^']+)'\]/g, '.$1$2');
}

/** The variables of params and of their elements and keys. */
export function paramReplacements(params: readonly { readonly name: string; readonly value?: Json }[]): Replacements {
  const replacements = new Map<string, Json>();
  for (const { name, value } of params) {
    if (value === undefined || value === null) continue;
    const key = `params.${name}`;
    replacements.set(key, value);
    if (Array.isArray(value)) value.forEach((item: Json, at) => replacements.set(`${key}[${at}]`, item));
    else if (typeof value === 'object') {
      for (const [part, item] of Object.entries(value))
        if (item !== undefined) replacements.set(`${key}.${part}`, item);
    }
  }
  return replacements;
}

/** The levels of defaults that refer to defaults, as far as Tekton follows them. */
const MOST_LEVELS = 10;
/** A default that is larger refers to nothing, and none refers to it: otherwise a few lines would stand for gigabytes. */
const SHORT: Bounds = { characters: 512, values: 64, depth: 4 };

/**
 * Tekton replaces the params of a run in a resolver's params; those that only the Pipeline has a default for are left to us. A default may
 * refer to other params, and to the run.
 */
export function defaultReplacements({ spec, metadata }: Pipeline, run: Run): Replacements {
  const given = new Map([...runReplacements(run), ['context.pipeline.name', metadata.name ?? ''] as const]);
  let values = (spec.params ?? []).flatMap(({ name, default: value }) =>
    value === undefined ? [] : [{ name, value }],
  );
  const room = new Room();
  for (let level = 0; level < MOST_LEVELS && values.some(isOpen); level++) {
    const known = new Map([...paramReplacements(values.filter(isShort)), ...given]);
    values = values.map((one) => (isOpen(one) ? { ...one, value: substitute(one.value, known, room) } : one));
  }
  return paramReplacements(values);
}

function isShort({ value }: { readonly value: Json }): boolean {
  return breach(value, SHORT) === undefined;
}

/** True when the default refers to something. */
function isOpen(one: { readonly value: Json }): boolean {
  return isShort(one) && [...strings(one.value)].some((text) => text.includes('$('));
}

/** What Tekton replaces before it asks a resolver for what a run refers to: at that time it does not know the name of a Pipeline or Task. */
export function runReplacements({ kind, metadata, spec }: Run): Replacements {
  const run = kind === 'PipelineRun' ? 'context.pipelineRun' : 'context.taskRun';
  return new Map([
    ...paramReplacements(spec.params ?? []),
    ...(['name', 'namespace', 'uid'] as const).map((name) => [`${run}.${name}`, metadata[name] ?? ''] as const),
    [kind === 'PipelineRun' ? 'context.pipeline.name' : 'context.task.name', ''],
  ]);
}
