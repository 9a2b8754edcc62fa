/**
 * Reads a plan that comes back. A run may outlive the release that rewrote its Pipeline. A plan of another release is refused where it asks for
 * something that this one does not know.
 */
import { parseJson } from '../../interface/text/parse-json.ts';
import { invalidParams } from '../../errors.ts';
import { MODES } from '../../interface/mode.ts';
import { strangeIn } from '../../interface/shape.ts';
import type { ShapeOf, TypedShapeOf } from '../../interface/shape.ts';
import { JOIN, TRAVELS } from '../../request/request-fields.ts';
import { isJson, isObject } from '../json/json.ts';
import type { Json } from '../json/json.ts';
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
  types: {
    name: 'text',
    workspace: 'text',
    root: 'text',
    subPath: 'text',
    paths: 'texts',
    fetch: 'object',
    upload: 'object',
  },
  parts: { fetch: TRANSFER, upload: TRANSFER },
} as const satisfies TypedShapeOf<CachePlan>;

const STEP = {
  needs: { options: 'required', strict: 'required' },
  types: { options: 'object', strict: 'flag' },
} as const satisfies TypedShapeOf<StepPlan>;

const PRESET = {
  needs: { names: 'required', named: 'required', sourcesWithin: 'required', byPod: 'optional' },
  types: { names: 'text', named: 'flag', sourcesWithin: 'flag', byPod: 'texts' },
} as const satisfies TypedShapeOf<PresetPlan>;

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
  types: {
    version: 'number',
    caches: 'list',
    source: 'text',
    sourceRoot: 'text',
    fetch: 'object',
    upload: 'object',
    hashFromFetch: 'flag',
    preset: 'object',
    fetchAfter: 'text',
    renamed: 'object',
    user: 'text',
    system: 'text',
    account: 'text',
  },
  words: { version: [1], user: ['given', 'non-root'], system: ['windows'] },
  parts: { caches: CACHE, fetch: STEP, upload: STEP, preset: PRESET },
} as const satisfies TypedShapeOf<TaskPlan>;

/** The plan in the param of a late reference. Throws InvalidParams. */
export function readPlan(param: Json): TaskPlan {
  const plan = typeof param === 'string' ? parse(param) : param;
  if (isTaskPlan(plan)) return plan;
  throw invalidParams(
    `The param \`plan\` is written by the resolvers, and that of this run by another release of tekton-cache: ${strangeIn(plan, PLAN, 'plan') ?? 'it is a list'}. ` +
      'Start the run again; leave out a `plan` that you have written.',
  );
}

function parse(text: string): Json | undefined {
  const document = parseJson(text);
  return isJson(document) ? document : undefined;
}

function isTaskPlan(value: Json | undefined): value is Json & TaskPlan {
  return isObject(value) && strangeIn(value, PLAN, 'plan') === undefined;
}
