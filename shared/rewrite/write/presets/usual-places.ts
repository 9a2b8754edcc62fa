import type { Variable } from '../../../presets/environment.ts';
import { objects } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { textOf } from './own-settings.ts';

interface Place {
  readonly variable: string;
  /** Below a home directory. */
  readonly below?: RegExp;
  /** Anywhere in a text. */
  readonly anywhere?: RegExp;
}

/** What a script or a mount names below a home directory. */
const IN_HOME = /(~|\$HOME|\$\{HOME\}|\/root|\/home\/[\w.-]{1,64})\/(\.[\w./-]{1,128})/g;

/** Where a tool keeps things unless a variable says otherwise, as a script or a mount may name it. */
const PLACES: readonly Place[] = [
  { variable: 'GRADLE_USER_HOME', below: /^\.gradle\b/ },
  { variable: 'CARGO_HOME', below: /^\.cargo(?:\/(?!bin)|$)/, anywhere: /\/usr\/local\/cargo\/(?!bin)/ },
  // Programs that are installed there would be in no PATH.
  {
    variable: 'CARGO_HOME',
    anywhere: /\brustup\.rs\b|\brustup-init\b|\bcargo install (?:-[\w-]{1,64} ){0,16}(?!cargo-)[\w./$]/,
  },
  { variable: 'MAVEN_OPTS', below: /^\.m2\/repository\b/ },
  { variable: 'GOMODCACHE', anywhere: /(?:\bgo|GOPATH\}?\)?)\/pkg\/mod\b/ },
  { variable: 'GOCACHE', below: /^\.cache\/go-build\b/ },
  { variable: 'HEX_HOME', below: /^\.hex\b/ },
  { variable: 'PUB_CACHE', below: /^\.pub-cache\b/, anywhere: /\bpub global activate\b/ },
  { variable: 'NUGET_PACKAGES', below: /^\.nuget\/packages\b/ },
  { variable: 'DENO_DIR', below: /^\.cache\/deno\b/ },
  { variable: 'PLAYWRIGHT_BROWSERS_PATH', below: /^\.cache\/ms-playwright\b/ },
  { variable: 'COURSIER_CACHE', below: /^\.cache\/coursier\b/ },
  { variable: 'SBT_OPTS', below: /^\.(?:ivy2|sbt\/boot)\b/ },
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
  const homes = texts.flatMap((text) => [...text.matchAll(IN_HOME)]);
  const left = new Map<string, string>();
  for (const { variable, below, anywhere } of PLACES) {
    if (left.has(variable) || !variables.some(({ name }) => name === variable)) continue;
    const inHome = homes.flatMap(([, home = '', path = '']) => {
      const match = below?.exec(path)?.[0];
      return match === undefined ? [] : [`${home}/${match}`];
    });
    const found = [...inHome, ...texts.flatMap((text) => anywhere?.exec(text)?.[0] ?? [])][0];
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
