import { invalidParams } from '../../../errors.ts';
import type { Verb } from '../../../interface/params.ts';
import { maxTimeOption } from '../../../request/step-max-time.ts';
import { expandIfGood, expandPartly } from '../../../request/template.ts';
import { DEFAULT_ACCOUNT } from '../identity/credentials.ts';
import { byKey, planHash } from '../hash-plan.ts';
import type { HashPlanInput } from '../hash-plan.ts';
import type { PodUser, StepOptions, StepPlan, TaskPlan, Transfer } from '../plan.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import { withoutUnknownKey } from '../unknown-key.ts';

interface TaskPlanInput extends Omit<HashPlanInput, 'resolver'> {
  readonly options: ResolverOptions;
  readonly renamed?: TaskPlan['renamed'];
  readonly user: PodUser | undefined;
  readonly system?: 'windows';
  readonly account: string;
  /** When Tekton ends the Task. */
  readonly timeoutMs: number;
}

/** Throws InvalidParams where the task cannot make the key, unless the mode writes none. */
export function planTask(given: TaskPlanInput): TaskPlan {
  const { task, key, options, source, renamed = {}, user, system, account } = given;
  const { resolver } = options;
  const caches = given.caches.flatMap((cache) => withoutUnknownKey(cache, { task, resolver, key, source }));
  const { fetchHashes, uploadHashes, hashFromFetch } = planHash({ task, resolver, key, caches, source });
  const input = { ...given, caches };
  const fetches = caches.some(({ fetch }) => fetch !== undefined);
  const uploads = caches.some(({ upload }) => upload !== undefined);
  const asked = stepToFetchAfter(options.fetchAfter, task);
  const fetchAfter = resolver === 'wrap' && fetches ? placeOfWrapped(asked, { ...input, fetchHashes }) : asked;
  return {
    version: 1,
    caches,
    ...(source.workspace === undefined || !(fetchHashes || uploadHashes) ? {} : { source: source.workspace }),
    ...(fetches ? { fetch: stepPlan('fetch', input, fetchHashes) } : {}),
    ...(uploads ? { upload: stepPlan('upload', input, uploadHashes) } : {}),
    hashFromFetch,
    ...(fetchAfter === undefined ? {} : { fetchAfter }),
    ...(Object.keys(renamed).length === 0 ? {} : { renamed }),
    ...(user === undefined ? {} : { user }),
    ...(system === undefined ? {} : { system }),
    ...(account === DEFAULT_ACCOUNT ? {} : { account }),
  };
}

function stepPlan(verb: Verb, input: TaskPlanInput, hashes: boolean): StepPlan {
  return { options: stepOptions(verb, input, hashes), strict: isStrict(input.options) };
}

function stepOptions(
  verb: Verb,
  { task, key, options, caches, timeoutMs }: TaskPlanInput,
  hashes: boolean,
): StepOptions {
  const transfers = caches.flatMap((cache) => cache[verb] ?? []);
  const keyed = transfers.some(byKey);
  const fetch = verb === 'fetch';
  const { shared } = options;
  const named = (list: readonly string[]): readonly string[] =>
    list.map((template) => expandIfGood(template, { task }));
  return withoutUndefined({
    target: keyed ? expandPartly(key.target, { task }) : transfers.flatMap(references)[0],
    files: hashes ? key.files : undefined,
    fallbacks: fetch && keyed ? named(key.fallbacks) : undefined,
    aliases: !fetch && keyed ? named(key.aliases) : undefined,
    exclude: shared.exclude,
    mode: key.mode === 'pull-push' ? undefined : key.mode,
    'on-miss': shared['on-miss'],
    'on-error': onError(options),
    verify: shared.verify,
    clean: fetch && shared.clean === true ? 'true' : undefined,
    force: !fetch && shared.force === true ? 'true' : undefined,
    'on-change': fetch ? undefined : shared['on-change'],
    'max-time': maxTimeOption(verb, {
      onMiss: shared['on-miss'],
      onError: onError(options),
      givenMs: shared['max-time'],
      timeoutMs,
    }),
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

function references({ target, join }: Transfer): string[] {
  return [...(target === undefined ? [] : [target]), ...(join?.nodes ?? []).flatMap(({ targets }) => targets)];
}

/**
 * Where the fetch goes. Under `wrap` it goes first, as on a shared volume: otherwise it would come back over what a step has left, and the Task's own
 * annotation is about its caches. Only where the key needs files from elsewhere, the fetch may have to wait for a step.
 */
function placeOfWrapped(
  asked: string | undefined,
  { task, caches, source, fetchHashes }: TaskPlanInput & { readonly fetchHashes: boolean },
): string | undefined {
  const own = caches.find(({ fetch, workspace }) => fetch !== undefined && workspace === source.workspace);
  if (fetchHashes && own === undefined) return asked;
  if (asked === undefined) return '';
  const [first] = caches;
  throw invalidParams(
    `\`fetch-after\`: all of workspace \`${(own ?? first)?.name ?? ''}\` would come back over what step \`${asked}\`${task === '' ? '' : ` of task \`${task}\``} has left in it. ` +
      'Leave it out: what is wrapped is there before the first step. For a cache beside the sources use the resolver `cache`, with `paths`.',
  );
}

/** `fetch-after` of a Pipeline names `TASK/STEP`, of a Task `STEP`. */
export function stepToFetchAfter(fetchAfter: readonly string[], task: string): string | undefined {
  for (const item of fetchAfter) {
    const [name = '', step] = item.split('/');
    if (step === undefined && task === '') return name;
    if (step !== undefined && (name === task || task === '')) return step;
  }
  return undefined;
}
