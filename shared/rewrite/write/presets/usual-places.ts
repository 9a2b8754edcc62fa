import type { Variable } from '../../../presets/environment.ts';
import { isList, isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { textOf } from './own-settings.ts';

const HOME = String.raw`(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]{1,64})/`;

/** Where a tool keeps things unless a variable says otherwise, as a script or a mount may name it. */
const PLACES: readonly (readonly [variable: string, place: string])[] = [
  ['GRADLE_USER_HOME', String.raw`${HOME}\.gradle\b`],
  ['CARGO_HOME', String.raw`${HOME}\.cargo(?:/(?!bin)|["'\s]|$)|/usr/local/cargo/(?!bin)`],
  // Programs that are installed there would be in no PATH.
  ['CARGO_HOME', String.raw`\brustup\.rs\b|\brustup-init\b|\bcargo install (?:-[\w-]+ )*(?!cargo-)[\w./$]`],
  ['MAVEN_OPTS', String.raw`${HOME}\.m2/repository\b`],
  ['GOMODCACHE', String.raw`(?:\bgo|GOPATH\}?\)?)/pkg/mod\b`],
  ['GOCACHE', String.raw`${HOME}\.cache/go-build\b`],
  ['HEX_HOME', String.raw`${HOME}\.hex\b`],
  ['PUB_CACHE', String.raw`${HOME}\.pub-cache\b|\bpub global activate\b`],
  ['NUGET_PACKAGES', String.raw`${HOME}\.nuget/packages\b`],
  ['DENO_DIR', String.raw`${HOME}\.cache/deno\b`],
  ['PLAYWRIGHT_BROWSERS_PATH', String.raw`${HOME}\.cache/ms-playwright\b`],
  ['COURSIER_CACHE', String.raw`${HOME}\.cache/coursier\b`],
  ['SBT_OPTS', String.raw`${HOME}\.(?:ivy2|sbt/boot)\b`],
];

/** A variable that a Task must not get. */
export interface Left {
  readonly variable: string;
  readonly note?: string;
}

/**
 * The variables that a Task must not get, as it goes by the place where the tool is without them: it has settings there, mounts a
 * volume there, or takes files from there.
 */
export function usualPlaces(spec: TaskSpec, variables: readonly Variable[]): Left[] {
  const mounts = [spec, spec.stepTemplate ?? {}, ...(spec.steps ?? [])].flatMap(mountPaths);
  const texts = [...mounts, ...(spec.steps ?? []).map(textOf)];
  const left = new Map<string, string>();
  for (const [variable, place] of PLACES) {
    if (left.has(variable) || !variables.some(({ name }) => name === variable)) continue;
    const pattern = new RegExp(place, 'm');
    const found = texts.map((text) => pattern.exec(text)?.[0]).find((match) => match !== undefined);
    if (found !== undefined) left.set(variable, found.trim());
  }
  return [...left].map(([variable, found]) => ({
    variable,
    note: `The Task has \`${found}\`, which would not go with ${variable}: the variable is left out, and what the tool keeps is not cached. Take the place from the variable, or cache it by \`workspaces\`.`,
  }));
}

function mountPaths(part: JsonObject): string[] {
  return [...objects(part['volumeMounts']), ...objects(part['workspaces'])].flatMap(({ mountPath }) =>
    typeof mountPath === 'string' ? [mountPath] : [],
  );
}

function objects(list: Json | undefined): JsonObject[] {
  return isList(list) ? list.filter((entry: Json) => isObject(entry)) : [];
}
