/**
 * Reads a plan that comes back. A run may outlive the release that rewrote its Pipeline. A plan of another release is refused where it asks for
 * something that this one does not know.
 */
import { invalidParams } from '../../errors.ts';
import { MODES } from '../../interface/mode.ts';
import { strangeIn } from '../../interface/shape.ts';
import type { ShapeOf } from '../../interface/shape.ts';
import { JOIN, TRAVELS } from '../../request/request-fields.ts';
import { isJson, isList, isObject } from '../json/json.ts';
import type { Json, JsonObject } from '../json/json.ts';
import type { CachePlan, PresetPlan, StepPlan, TaskPlan, Transfer } from './plan.ts';

const TRANSFER = {
  needs: {
    target: 'optional',
    fallbacks: 'optional',
    aliases: 'optional',
    mode: 'optional',
    join: 'optional',
    keepMs: 'optional',
    origins: 'optional',
    travels: 'optional',
  },
  words: { mode: MODES },
  parts: { join: JOIN, travels: TRAVELS },
} as const satisfies ShapeOf<Transfer>;

const CACHE = {
  needs: {
    name: 'required',
    workspace: 'required',
    root: 'optional',
    subPath: 'optional',
    paths: 'optional',
    fetch: 'optional',
    upload: 'optional',
  },
  parts: { fetch: TRANSFER, upload: TRANSFER },
} as const satisfies ShapeOf<CachePlan>;

const STEP = { needs: { options: 'required', strict: 'required' } } as const satisfies ShapeOf<StepPlan>;

const PRESET = {
  needs: { names: 'required', named: 'required', sourcesWithin: 'required', byPod: 'optional' },
} as const satisfies ShapeOf<PresetPlan>;

const PLAN = {
  needs: {
    version: 'required',
    caches: 'required',
    source: 'optional',
    sourceRoot: 'optional',
    fetch: 'optional',
    upload: 'optional',
    hashFromFetch: 'required',
    preset: 'optional',
    fetchAfter: 'optional',
    renamed: 'optional',
    user: 'optional',
    system: 'optional',
    account: 'optional',
  },
  words: { user: ['given', 'non-root'], system: ['windows'] },
  parts: { caches: CACHE, fetch: STEP, upload: STEP, preset: PRESET },
} as const satisfies ShapeOf<TaskPlan>;

/** The plan in the param of a late reference. Throws InvalidParams. */
export function readPlan(param: Json): TaskPlan {
  const plan = typeof param === 'string' ? parse(param) : param;
  const strange = strangeIn(plan, PLAN, 'plan');
  if (strange === undefined && isTaskPlan(plan)) return plan;
  throw invalidParams(
    `The param \`plan\` is written by the resolvers, and that of this run by another release of tekton-cache: ${strange ?? 'its values are of other types'}. ` +
      'Start the run again; leave out a `plan` that you have written.',
  );
}

function parse(text: string): Json | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return isJson(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function isTaskPlan(value: Json | undefined): value is Json & TaskPlan {
  if (!isObject(value) || value['version'] !== 1) return false;
  const { caches, source, fetchAfter, renamed } = value;
  return (
    isList(caches) &&
    caches.every(isCachePlan) &&
    [value['fetch'], value['upload']].every((step) => step === undefined || isStepPlan(step)) &&
    isTextOrAbsent(source) &&
    isTextOrAbsent(value['sourceRoot']) &&
    isTextOrAbsent(fetchAfter) &&
    isTextOrAbsent(value['account']) &&
    (renamed === undefined || isObject(renamed)) &&
    (value['preset'] === undefined || isPresetPlan(value['preset']))
  );
}

function isPresetPlan(value: Json): boolean {
  if (!isObject(value)) return false;
  const { names, named, sourcesWithin, byPod } = value;
  const variables = byPod === undefined || (isList(byPod) && byPod.every((name) => typeof name === 'string'));
  return typeof names === 'string' && typeof named === 'boolean' && typeof sourcesWithin === 'boolean' && variables;
}

function isCachePlan(value: Json): boolean {
  if (!isObject(value)) return false;
  const { name, workspace, root, subPath, paths, fetch, upload } = value;
  return (
    typeof name === 'string' &&
    typeof workspace === 'string' &&
    isTextOrAbsent(root) &&
    isTextOrAbsent(subPath) &&
    (paths === undefined || (isList(paths) && paths.every((path) => typeof path === 'string'))) &&
    [fetch, upload].every((transfer) => transfer === undefined || isObject(transfer))
  );
}

function isStepPlan(value: Json): value is JsonObject {
  return isObject(value) && typeof value['strict'] === 'boolean' && isObject(value['options']);
}

function isTextOrAbsent(value: Json | undefined): boolean {
  return value === undefined || typeof value === 'string';
}
