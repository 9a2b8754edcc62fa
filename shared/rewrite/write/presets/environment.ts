import type { Variable } from '../../../presets/environment.ts';
import { isList, isObject, strings } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { Step, TaskSpec } from '../../tekton/tekton.ts';
import { emptyParams, variableOf, withDefaults } from './empty-params.ts';

export interface WithVariables {
  readonly spec: TaskSpec;
  /** Says where the Task sets a place of its own, and what that means. */
  readonly notes: readonly string[];
}

/** Flags and settings in a script that beat the variables of a preset. */
const FLAGS: readonly (readonly [variable: string, flag: string])[] = [
  ['MAVEN_OPTS', '-Dmaven.repo.local='],
  ['GRADLE_USER_HOME', '--gradle-user-home'],
  ['npm_config_cache', '--cache '],
  ['npm_config_cache', 'npm config set cache '],
  ['npm_config_store_dir', '--store-dir'],
  ['npm_config_store_dir', 'pnpm config set store-dir '],
  ['YARN_CACHE_FOLDER', '--cache-folder'],
  ['PIP_CACHE_DIR', '--cache-dir'],
  ['PIP_CACHE_DIR', '--no-cache-dir'],
  ['UV_CACHE_DIR', '--cache-dir'],
  ['UV_CACHE_DIR', '--no-cache '],
  ['POETRY_CACHE_DIR', 'poetry config cache-dir '],
  ['BUNDLE_PATH', 'bundle config set --local path '],
  ['BUNDLE_PATH', 'bundle config set path '],
  ['NUGET_PACKAGES', 'restore --packages '],
  ['HELM_CACHE_HOME', '--repository-cache'],
];

/**
 * The variables in the stepTemplate, so that a step's own `env` wins. A variable that a step sets to nothing is one that somebody
 * wanted to be rid of, and gets our value; one that holds a list of options gets ours behind its own; one that is a param without a value
 * gets ours as the default of the param.
 *
 * `kept` are places of the Task's own that are cached where they are.
 */
export function withVariables(
  spec: TaskSpec,
  variables: readonly Variable[],
  kept: readonly { readonly variable: string; readonly place: string }[] = [],
): WithVariables {
  const notes: string[] = [];
  const defaults = emptyParams(spec, variables);
  const isLed = (name: string, value: unknown): boolean =>
    [...defaults.keys()].some((param) => variableOf(param) === value) ||
    kept.some(({ variable, place }) => variable === name && place === value);
  const merge = (env: readonly JsonObject[], who: string): JsonObject[] =>
    mergeAll(env, variables, isLed, (name) => notes.push(own(who, name)));
  const template = merge(envOf(spec.stepTemplate), 'The stepTemplate');
  const missing = variables.filter(({ name }) => !template.some((entry) => entry['name'] === name));
  const env = [...template, ...missing.map(({ name, value }) => ({ name, value }))];
  const steps = (spec.steps ?? []).map((step, at) => {
    const who = `Step \`${step.name ?? `unnamed-${at}`}\``;
    notes.push(...scriptNotes(step, who, variables));
    const merged = merge(envOf(step), who);
    return step['env'] === undefined ? step : { ...step, env: merged };
  });
  const params = defaults.size === 0 ? {} : { params: withDefaults(spec['params'], defaults) };
  return { spec: { ...spec, ...params, stepTemplate: { ...spec.stepTemplate, env }, steps }, notes };
}

function own(who: string, name: string): string {
  return `${who} sets ${name} itself: what it keeps there is not cached. Leave the variable out to have it cached.`;
}

function mergeAll(
  env: readonly JsonObject[],
  variables: readonly Variable[],
  isLed: (name: string, value: unknown) => boolean,
  tellOwn: (name: string) => void,
): JsonObject[] {
  return env.map((entry) => {
    const variable = variables.find(({ name }) => name === entry['name']);
    if (variable === undefined) return entry;
    const { name, value, append } = variable;
    const given = entry['value'];
    if (isLed(name, given)) return entry;
    const isText = entry['valueFrom'] === undefined && (given === undefined || typeof given === 'string');
    if (isText && (given ?? '') === '') return { name, value };
    if (isText && append === true) return { name, value: `${String(given)} ${value}` };
    if (given !== value) tellOwn(name);
    return entry;
  });
}

/** Notes on what a script sets for itself, as far as it is written out in the script. */
function scriptNotes(step: Step, who: string, variables: readonly Variable[]): string[] {
  const text = [...strings([step['script'] ?? '', step['command'] ?? [], step['args'] ?? []])].join('\n');
  const set = variables.filter(({ name }) => new RegExp(`(?:^|[\\s;&"'])${name}=`, 'm').test(text));
  const flags = FLAGS.filter(
    ([name, flag]) => text.includes(flag) && variables.some((variable) => variable.name === name),
  );
  return [
    ...set.map(({ name }) => own(`The script of ${who.replace('Step', 'step')}`, name)),
    ...flags.map(
      ([name, flag]) => `${who} says \`${flag.trim()}\`, which beats ${name}: what it keeps there is not cached.`,
    ),
  ];
}

function envOf(part: JsonObject | undefined): JsonObject[] {
  const env = part?.['env'];
  return isList(env) ? env.filter((entry: Json) => isObject(entry)) : [];
}
