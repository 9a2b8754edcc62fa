/** Does a rewritten Task use the cache? Read from the Task that Tekton gets, as Kubernetes and the tool would read it. */
import { findPreset } from '../../../shared/presets/table.ts';
import { isList, isObject, strings } from '../../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../shared/rewrite/json/json.ts';
import type { Step, TaskSpec } from '../../../shared/rewrite/tekton/tekton.ts';
import { SETTINGS } from '../case.ts';
import type { Build } from './row.ts';

export interface Judged {
  readonly spec: TaskSpec;
  readonly metadata: JsonObject;
  /** What the Pipeline gives to its params. */
  readonly gives: Readonly<Record<string, Json>>;
  /** The Pipeline's workspaces by the names that the Task has for them. */
  readonly workspaces: Readonly<Record<string, string>>;
  /** The tasks that come before it, which share its claims. */
  readonly before: readonly Omit<Judged, 'before'>[];
}

const NOTE = 'cache.tekton.dev/note';

/** Why the cache is of no use to the Task; nothing where it is. */
export function whyUseless(judged: Judged, build: Build): string | undefined {
  const { spec, metadata } = judged;
  const { steps = [] } = spec;
  const own = steps.filter((step) => !isOurs(step, 'fetch') && !isOurs(step, 'upload'));
  const step = own.find(({ name }) => name === build.step) ?? own.at(-1);
  const uploadAt = steps.findIndex((one) => isOurs(one, 'upload'));
  if (step === undefined || uploadAt < 0) return noteOf(metadata) ?? 'no step of ours is in it';
  const at = steps.indexOf(step);
  // One behind a later step is another look for the sources.
  const fetchAt = steps.slice(0, at).findLastIndex((one) => isOurs(one, 'fetch'));
  if (fetchAt < 0 && steps.some((one) => isOurs(one, 'fetch'))) return 'the step that downloads comes before the fetch';
  if (uploadAt < at) return 'the upload comes before the step that downloads';
  const place = build.keeps ?? variableOf(build, step, judged);
  if (place === '') return `nothing leads \`${build.downloads ?? ''}\` anywhere`;
  const fetch = steps[fetchAt];
  if (fetch === undefined) {
    // A claim that the tasks share is fetched into by the first of them, behind the step that brings the sources.
    const first = judged.before.find((one) => endsWithFetch(one.spec));
    if (first !== undefined && covers(cachedDirectories(first), placeIn(judged, place))) return undefined;
    return 'the fetch comes before the sources';
  }
  if (steps.findIndex(({ name }) => name === build.brings) > fetchAt) return 'the fetch comes before the sources';
  const seen = placeIn(judged, throughVolume(place, step, fetch, spec));
  return covers(cachedDirectories(judged), seen)
    ? undefined
    : `it keeps its downloads at ${place}, which is not cached`;
}

function covers(directories: readonly string[], place: string): boolean {
  return directories.some((dir) => `${place}/`.includes(`${dir}/`));
}

function endsWithFetch({ steps = [] }: TaskSpec): boolean {
  const own = steps.filter((step) => !isOurs(step, 'fetch') && !isOurs(step, 'upload'));
  const at = steps.findIndex((step) => isOurs(step, 'fetch'));
  return own.every((step) => steps.indexOf(step) < at);
}

/** A place in a workspace of the Task, as one in that of the Pipeline. */
function placeIn({ workspaces }: Pick<Judged, 'workspaces'>, place: string): string {
  return place.replace(/\$\(workspaces\.([\w-]+)\.path\)/, (_, name: string) => `$(${workspaces[name] ?? name})`);
}

/** A row whose script decides where the tool keeps things has to say where that is: nobody else could know. */
export function saysItself({ downloads }: Build, spec: TaskSpec): boolean {
  const variable = findPreset(downloads ?? '')?.caches[0].env[0]?.name ?? '-';
  const flags = [
    '-Dmaven.repo.local=',
    '--gradle-user-home',
    '--cache-dir',
    '--cache-folder',
    '--store-dir ',
    '--cache ',
    '--no-cache',
    '--local path ',
  ];
  const scripts = (spec.steps ?? []).flatMap((step) => [...strings([step['script'] ?? '', step['args'] ?? []])]);
  return scripts.some((text) => text.includes(`${variable}=`) || flags.some((flag) => text.includes(flag)));
}

function isOurs({ image, args }: Step, verb: string): boolean {
  return image === SETTINGS.image && isList(args) && args[0] === verb;
}

function noteOf({ annotations }: JsonObject): string | undefined {
  const note = isObject(annotations) ? annotations[NOTE] : undefined;
  return typeof note === 'string' ? note : undefined;
}

/** The value that the tool gets: of its step, else of the stepTemplate. */
function variableOf({ downloads = '' }: Build, step: Step, { spec, gives }: Judged): string {
  const name = findPreset(downloads)?.caches[0].env[0]?.name;
  const entry = [...objects(step['env']), ...objects(spec.stepTemplate?.['env'])].find((one) => one['name'] === name);
  const value = typeof entry?.['value'] === 'string' ? entry['value'] : '';
  const params = objects(spec['params']);
  return value.replaceAll(/\$\(params\.([\w-]+)\)/g, (_, param: string) => {
    const found = gives[param] ?? params.find((one) => one['name'] === param)?.['default'];
    return typeof found === 'string' ? found : '';
  });
}

/** Where our step has what the tool has at a place of a volume that both mount. */
function throughVolume(place: string, step: Step, fetch: Step, spec: TaskSpec): string {
  const mounts = [...objects(step['volumeMounts']), ...objects(spec.stepTemplate?.['volumeMounts'])];
  const theirs = mounts.find(({ mountPath }) => `${place}/`.startsWith(`${text(mountPath)}/`));
  const ours = objects(fetch['volumeMounts']).find(({ name }) => name === theirs?.['name']);
  if (theirs === undefined || ours === undefined || ours['subPath'] !== undefined) return place;
  const rest = place.slice(text(theirs['mountPath']).length);
  return [text(ours['mountPath']), text(theirs['subPath'])].filter((part) => part !== '').join('/') + rest;
}

function cachedDirectories(judged: Pick<Judged, 'spec' | 'workspaces'>): string[] {
  const args = judged.spec.steps?.find((step) => isOurs(step, 'fetch'))?.['args'];
  const words = isList(args) ? args.map((word) => placeIn(judged, text(word))) : [];
  return words.flatMap((word, at) => {
    if (words[at - 1] === '--workspace') return word.startsWith('source=') ? [] : [word.slice(word.indexOf('=') + 1)];
    if (words[at - 1] !== '--cache') return [];
    const { dir, paths = [] }: { readonly dir: string; readonly paths?: readonly string[] } = JSON.parse(word);
    return paths.length === 0 ? [dir] : paths.map((path) => `${dir}/${path}`);
  });
}

function objects(list: Json | undefined): JsonObject[] {
  return isList(list) ? list.filter((one: Json) => isObject(one)) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
