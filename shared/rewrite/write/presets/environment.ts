import type { Variable } from '../../../presets/environment.ts';
import { isList, isObject, strings } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { Step, TaskSpec } from '../../tekton/tekton.ts';

export interface WithVariables {
  readonly spec: TaskSpec;
  /** Where the Task has its own way. */
  readonly notes: readonly string[];
}

/** Flags that beat the variables of a preset. */
const FLAGS: readonly (readonly [variable: string, flag: string])[] = [
  ['MAVEN_OPTS', '-Dmaven.repo.local='],
  ['GRADLE_USER_HOME', '--gradle-user-home'],
  ['npm_config_cache', '--cache '],
  ['PIP_CACHE_DIR', '--cache-dir'],
];

/**
 * The variables in the stepTemplate, so that a step's own `env` wins. A variable that a step sets to nothing is one that somebody
 * wanted to be rid of, and gets our value; one that holds a list of options gets ours behind its own.
 */
export function withVariables(spec: TaskSpec, variables: readonly Variable[]): WithVariables {
  const notes: string[] = [];
  const template = merge(envOf(spec.stepTemplate), variables, (name) => notes.push(own('The stepTemplate', name)));
  const missing = variables.filter(({ name }) => !template.some((entry) => entry['name'] === name));
  const env = [...template, ...missing.map(({ name, value }) => ({ name, value }))];
  const steps = (spec.steps ?? []).map((step, at) => {
    const who = `Step \`${step.name ?? `unnamed-${at}`}\``;
    notes.push(...scriptNotes(step, who, variables));
    const merged = merge(envOf(step), variables, (name) => notes.push(own(who, name)));
    return step['env'] === undefined ? step : { ...step, env: merged };
  });
  return { spec: { ...spec, stepTemplate: { ...spec.stepTemplate, env }, steps }, notes };
}

function own(who: string, name: string): string {
  return `${who} sets ${name} itself: what it keeps there is not cached. Leave the variable out to have it cached.`;
}

function merge(
  env: readonly JsonObject[],
  variables: readonly Variable[],
  tellOwn: (name: string) => void,
): JsonObject[] {
  return env.map((entry) => {
    const variable = variables.find(({ name }) => name === entry['name']);
    if (variable === undefined) return entry;
    const { name, value, append } = variable;
    const given = entry['value'];
    const isText = entry['valueFrom'] === undefined && (given === undefined || typeof given === 'string');
    if (isText && (given ?? '') === '') return { name, value };
    if (isText && append === true) return { name, value: `${String(given)} ${value}` };
    if (given !== value) tellOwn(name);
    return entry;
  });
}

/** What a script sets for itself is seen only where it is written out. */
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
