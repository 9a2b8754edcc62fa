import { CacheError, ERROR_CODES } from '../errors.ts';
import { formatDuration } from '../interface/duration.ts';
import { allows } from '../interface/mode.ts';
import type { Verb } from '../interface/params.ts';
import { expandPartly, usesHash } from '../interface/template.ts';
import { DEFAULT_ACCOUNT } from './credentials.ts';
import type { Key } from './key.ts';
import type { CachePlan, PodUser, StepOptions, StepPlan, TaskPlan, Transfer } from './plan.ts';
import type { ResolverOptions } from './resolver-params.ts';

export interface TaskPlanInput {
  /** The pipeline task, for `{{task}}` and for messages. */
  readonly task: string;
  readonly key: Key;
  readonly options: ResolverOptions;
  readonly caches: readonly CachePlan[];
  /** The workspace of the Pipeline with the files to hash, and its name in this Task, if it is there. */
  readonly source: { readonly name: string; readonly workspace?: string };
  readonly renamed?: TaskPlan['renamed'];
  readonly user: PodUser | undefined;
  readonly account: string;
}

/** A fetch that takes long holds up the Task, whose own timeout it would use up. */
const STEP_MAX_TIME = '5m';

/** Throws InvalidParams where a key cannot be made; nothing to do where the mode makes that of no account. */
export function planTask(given: TaskPlanInput): TaskPlan {
  const input = { ...given, caches: given.caches.flatMap((cache) => withoutKey(cache, given) ?? cache) };
  const { task, key, options, caches, source, renamed = {}, user, account } = input;
  const fetches = caches.flatMap(({ fetch }) => fetch ?? []);
  const uploads = caches.flatMap(({ upload }) => upload ?? []);
  const canHash = isHashable(input);
  const needsHash = fetches.some((fetch) => (byKey(fetch) ? key.hashed : usesHash(fetch.target ?? '')));
  if (needsHash && !canHash) throw lacksSource(input, 'fetch');
  const wrap = options.resolver === 'wrap';
  // What is fetched brings the files with it: those that the key is made of are there when the task has ended.
  const brought = caches.some(({ fetch, workspace }) => fetch !== undefined && workspace === source.workspace);
  const bringsFiles = wrap && !needsHash && brought;
  const fallsBackToKey = fetches.some((fetch) =>
    [...(fetch.fallbacks ?? []), ...(fetch.join?.base ?? [])].some(usesHash),
  );
  const keyAfterBase = wrap && key.hashed && fetches.length > 0 && uploads.length > 0 && !bringsFiles;
  const hashesForFetch = canHash && (needsHash || fallsBackToKey || keyAfterBase);

  const hashFromFetch = fetches.length > 0 && key.hashed && !(bringsFiles && canHash);
  const hashesForUpload = !hashFromFetch && canHash && key.hashed && uploads.length > 0;
  if (uploads.some(byKey) && key.hashed && !hashFromFetch && !hashesForUpload) throw lacksSource(input, 'upload');

  const fetchAfter = stepToFetchAfter(options.fetchAfter, task);
  return {
    version: 1,
    caches,
    ...(source.workspace === undefined || !(hashesForFetch || hashesForUpload) ? {} : { source: source.workspace }),
    ...(fetches.length === 0 ? {} : { fetch: stepPlan('fetch', input, hashesForFetch) }),
    ...(uploads.length === 0 ? {} : { upload: stepPlan('upload', input, hashesForUpload) }),
    hashFromFetch: hashFromFetch && uploads.length > 0,
    ...(fetchAfter === undefined ? {} : { fetchAfter }),
    ...(Object.keys(renamed).length === 0 ? {} : { renamed }),
    ...(user === undefined ? {} : { user }),
    ...(account === DEFAULT_ACCOUNT ? {} : { account }),
  };
}

/** Under a mode that writes no key, a task that cannot tell the key has nothing to do with it. Nothing: the cache as it is. */
function withoutKey(cache: CachePlan, input: TaskPlanInput): CachePlan[] | undefined {
  const { key } = input;
  if (allows(key.mode, 'upload') || !key.hashed || isHashable(input)) return undefined;
  const { fetch, upload, ...place } = cache;
  const fetched = fetch === undefined || byKey(fetch) ? {} : { fetch };
  const travels = upload?.travels;
  const moved: Transfer | undefined =
    travels === undefined ? undefined : { ...travels, aliases: [], mode: 'pull-push' };
  const kept = upload !== undefined && byKey(upload) ? moved : upload;
  const uploaded = kept === undefined ? {} : { upload: kept };
  return 'fetch' in fetched || 'upload' in uploaded ? [{ ...place, ...fetched, ...uploaded }] : [];
}

function isHashable({ key, source }: TaskPlanInput): boolean {
  return key.files.length > 0 && source.workspace !== undefined;
}

function stepPlan(verb: Verb, input: TaskPlanInput, hashes: boolean): StepPlan {
  return { options: stepOptions(verb, input, hashes), strict: isStrict(input.options) };
}

function stepOptions(verb: Verb, { task, key, options, caches }: TaskPlanInput, hashes: boolean): StepOptions {
  const transfers = caches.flatMap((cache) => cache[verb] ?? []);
  const keyed = transfers.some(byKey);
  const fetch = verb === 'fetch';
  const { shared } = options;
  const named = (list: readonly string[]): readonly string[] =>
    list.map((template) => expandPartly(template, { task }));
  return withoutUndefined({
    target: keyed ? expandPartly(key.target, { task }) : transfers.flatMap(references)[0],
    files: hashes ? key.files : undefined,
    fallbacks: fetch && keyed ? named(key.fallbacks) : undefined,
    aliases: !fetch && keyed ? named(key.aliases) : undefined,
    exclude: shared.exclude,
    mode: key.mode === 'pull-push' ? undefined : key.mode,
    'on-miss': shared['on-miss'],
    'on-error': onError(options),
    clean: fetch && shared.clean === true ? 'true' : undefined,
    force: !fetch && shared.force === true ? 'true' : undefined,
    'max-time': shared['max-time'] === undefined ? STEP_MAX_TIME : formatDuration(shared['max-time']),
    insecure: shared.insecure === true ? 'true' : undefined,
  });
}

function withoutUndefined(options: Readonly<Record<string, string | readonly string[] | undefined>>): StepOptions {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined || value.length === 0 ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}

/** A lost cache costs time; under `wrap` the content that is lost is what the next task works on. */
function onError({ resolver, shared }: ResolverOptions): string | undefined {
  return shared['on-error'] ?? (resolver === 'wrap' ? 'fail' : undefined);
}

function isStrict(options: ResolverOptions): boolean {
  return options.shared['on-miss'] === 'fail' || onError(options) === 'fail';
}

/** Goes to or comes from the key, rather than an entry that travels. */
function byKey({ target, join }: Transfer): boolean {
  return target === undefined && join === undefined;
}

function references({ target, join }: Transfer): string[] {
  const nodes = (join?.nodes ?? []).flatMap(({ targets, prefix }) => [
    ...targets,
    ...(prefix === undefined ? [] : [`${prefix}0`]),
  ]);
  return [...(target === undefined ? [] : [target]), ...nodes];
}

/** `fetch-after` of a Pipeline names `TASK/STEP`, of a Task `STEP`. */
function stepToFetchAfter(fetchAfter: readonly string[], task: string): string | undefined {
  for (const item of fetchAfter) {
    const [name = '', step] = item.split('/');
    if (step === undefined && task === '') return name;
    if (step !== undefined && (name === task || task === '')) return step;
  }
  return undefined;
}

function lacksSource({ task, key, source }: TaskPlanInput, verb: Verb): CacheError {
  const does = verb === 'fetch' ? 'is the first to use a cached workspace' : 'is the last to use a cached workspace';
  const why =
    key.files.length === 0
      ? '`files` is required: the files whose hash is {{hash}}.'
      : `Task \`${task}\` ${does}, but does not have the workspace \`${source.name}\` with the \`files\` to hash. ` +
        `Bind it there, ${verb === 'upload' ? 'use `via: customrun`, ' : ''}or name the task in \`skip-tasks\`.`;
  return new CacheError(ERROR_CODES.InvalidParams, why);
}
