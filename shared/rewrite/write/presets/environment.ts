import { isSameVariable } from '../../../presets/environment.ts';
import type { Variable } from '../../../presets/environment.ts';
import type { JsonObject } from '../../json/json.ts';
import { stepName } from '../../tekton/step-name.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { emptyParams, variableOf, withDefaults } from './empty-params.ts';
import { installedPlaces } from './installed-places.ts';
import { withOptions } from './option-list.ts';
import { envOf, isFor, own, settingNotes } from './own-settings.ts';
import { usualPlaces } from './usual-places.ts';

interface WithVariables {
  readonly spec: TaskSpec;
  /** Says where the Task sets a place of its own, and what that means. */
  readonly notes: readonly string[];
}

/** What the Task, its run or the user has decided about variables. */
export interface Respected {
  /** Places of the Task's own that are cached where they are. */
  readonly kept: readonly { readonly variable: string; readonly place: string }[];
  /** Variables that the podTemplate sets for every step, over all that a Task says. */
  readonly byPod: readonly string[];
  /** The presets were guessed (`auto`), before anybody saw a file. */
  readonly guessed: boolean;
  /** The user named the task. */
  readonly named: boolean;
}

/**
 * The variables in the stepTemplate, so that a step's own `env` wins. A variable that a step sets to nothing is one that somebody
 * wanted to be rid of, and gets our value; one that holds a list of options gets ours behind its own; one that is a param without a value
 * gets ours as the default of the param.
 */
export function withVariables(
  spec: TaskSpec,
  all: readonly Variable[],
  { kept, byPod, guessed, named }: Respected,
): WithVariables {
  const movable = all.filter(({ name }) => !kept.some(({ variable }) => variable === name));
  const left = [...usualPlaces(spec, movable), ...installedPlaces(spec, movable, { guessed, named })];
  const notes = [...byPod.map(beaten), ...left.flatMap(({ note }) => note ?? [])];
  const variables = all.filter(({ name }) => !left.some(({ variable }) => variable === name));
  const defaults = emptyParams(spec, variables);
  const isLed = (name: string, value: unknown): boolean =>
    [...defaults.keys()].some((param) => variableOf(param) === value) ||
    kept.some(({ variable, place }) => isSameVariable(variable, name) && place === value);
  const merge = (env: readonly JsonObject[], who: string): JsonObject[] =>
    mergeAll(env, variables, isLed, (name) => notes.push(own(who, name)));
  const template = merge(envOf(spec.stepTemplate), 'The stepTemplate');
  const missing = variables.filter(({ name }) => !isIn(template, name));
  const unsure = missing.filter(({ append }) => append === true && takesOthers(spec));
  const sure = missing.filter((variable) => !unsure.includes(variable));
  const steps = (spec.steps ?? []).map((step, at) => {
    const who = `Step \`${stepName(step, at)}\``;
    const merged = merge(envOf(step), who);
    const mine = unsure.filter(({ name }) => !isIn(merged, name));
    const hidden = step['ref'] !== undefined || hasOthers(step) || hasOthers(spec.stepTemplate);
    if (hidden) notes.push(...mine.map(({ name }) => unseen(who, name)));
    const env = [...merged, ...spellings(merged, variables), ...(hidden ? [] : mine.map(entryOf))];
    return env.length === 0 ? step : { ...step, env };
  });
  notes.push(...settingNotes(spec, variables));
  const params = defaults.size === 0 ? {} : { params: withDefaults(spec['params'], defaults) };
  const env = [...template, ...sure.map(entryOf)];
  return { spec: { ...spec, ...params, stepTemplate: { ...spec.stepTemplate, env }, steps }, notes };
}

function beaten(name: string): string {
  return `The podTemplate sets ${name}, which beats what a Task has: what the tool keeps there is not cached. Leave it out of the podTemplate to have it cached.`;
}

function unseen(who: string, name: string): string {
  return `${who} may have ${name} from elsewhere, with options of its own: ours is left out, and what the tool keeps is not cached. Write ${name} into the \`env\` of the step to have it cached.`;
}

/** Does a part of the Task have variables that are not written in it? */
function takesOthers({ steps = [], stepTemplate }: TaskSpec): boolean {
  return hasOthers(stepTemplate) || steps.some(hasOthers);
}

function hasOthers(part: JsonObject | undefined): boolean {
  const from = part?.['envFrom'];
  return Array.isArray(from) && from.length > 0;
}

/** A name that the step has in another case: the tool would take either, so both get the value of the step. */
function spellings(env: readonly JsonObject[], variables: readonly Variable[]): JsonObject[] {
  return variables.flatMap(({ name }) => {
    if (env.some((entry) => entry['name'] === name)) return [];
    const entry = env.find((one) => isFor(one, name));
    return entry === undefined ? [] : [{ ...entry, name }];
  });
}

function mergeAll(
  env: readonly JsonObject[],
  variables: readonly Variable[],
  isLed: (name: string, value: unknown) => boolean,
  tellOwn: (name: string) => void,
): JsonObject[] {
  return env.map((entry) => {
    const variable = variables.find(({ name }) => isFor(entry, name));
    if (variable === undefined) return entry;
    const { value, append } = variable;
    const { name, value: given } = entry;
    if (typeof name !== 'string' || isLed(name, given)) return entry;
    const isText = entry['valueFrom'] === undefined && (given === undefined || typeof given === 'string');
    if (isText && (given ?? '') === '') return { name, value };
    if (isText && append === true) return { name, value: withOptions(String(given), value) };
    if (given !== value) tellOwn(name);
    return entry;
  });
}

function isIn(env: readonly JsonObject[], name: string): boolean {
  return env.some((entry) => isFor(entry, name));
}

function entryOf({ name, value }: Variable): JsonObject {
  return { name, value };
}
