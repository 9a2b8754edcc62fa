import type { Variable } from '../../../presets/environment.ts';
import { objects, strings } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { isFor } from './own-settings.ts';

/**
 * Params of a Task that say nothing but the value of a variable, and have an empty default: the param, and the value that is to be its
 * default instead. Many Tasks have `GOCACHE` as a param, which nobody gives; who gives it has another place in mind.
 */
export function emptyParams(spec: TaskSpec, variables: readonly Variable[]): ReadonlyMap<string, string> {
  const { params, ...rest } = spec;
  const texts = [...strings(rest)];
  const environments = [spec.stepTemplate, ...(spec.steps ?? [])].flatMap((part) => objects(part?.['env']));
  const found = new Map<string, string>();
  for (const { name, default: given } of objects(params)) {
    if (typeof name !== 'string' || given !== '') continue;
    const leading = environments.filter(({ value }) => value === variableOf(name));
    const [first] = leading;
    const variable = variables.find((one) => first !== undefined && isFor(first, one.name));
    const spellings = [`params.${name}`, `params['${name}']`, `params["${name}"]`];
    const everywhere = texts.filter((text) => spellings.some((spelling) => text.includes(spelling)));
    if (variable === undefined || everywhere.length > leading.length) continue;
    if (leading.every((entry) => isFor(entry, variable.name))) found.set(name, variable.value);
  }
  return found;
}

export function variableOf(param: string): string {
  return `$(params.${param})`;
}

export function withDefaults(params: Json | undefined, defaults: ReadonlyMap<string, string>): readonly Json[] {
  return objects(params).map((param) => {
    const { name } = param;
    const value = typeof name === 'string' ? defaults.get(name) : undefined;
    return value === undefined ? param : { ...param, default: value };
  });
}
