import { mapStrings } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { ParamDeclaration, Run } from '../tekton.ts';

/** Values of variables by their names, as they stand between `$(` and `)`. */
export type Replacements = ReadonlyMap<string, Json>;

const VARIABLE = /\$\(([^()$]+)\)/g;

/** `$(name)` in every string replaced; a string that is nothing but a list's variable becomes the list. What is unknown stays. */
export function substitute(value: Json, replacements: Replacements): Json {
  if (typeof value === 'string') {
    const whole = /^\$\(([^()$]+)\[\*\]\)$/.exec(value)?.[1];
    const list = whole === undefined ? undefined : replacements.get(normal(whole));
    if (Array.isArray(list)) return list;
  }
  return mapStrings(value, (text) =>
    text.replaceAll(VARIABLE, (place, name: string) => {
      const found = replacements.get(normal(name));
      return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
        ? String(found)
        : place;
    }),
  );
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

/** Tekton replaces the params of a run in a resolver's params; those that only the Pipeline has a default for are left to us. */
export function defaultReplacements(declared: readonly ParamDeclaration[]): Replacements {
  return paramReplacements(
    declared.flatMap(({ name, default: value }) => (value === undefined ? [] : [{ name, value }])),
  );
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
