import { VERBS } from '../mode.ts';
import type { Verb } from '../mode.ts';

/** The one table of results. Every result is a string and is present in every terminal state. */
export interface ResultRow {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** The value before anything was done, and of a run that never came to do it. */
  readonly initial: string;
  /** How the results of several caches become one. */
  readonly join: 'and' | 'worst' | 'sum' | 'of-worst' | 'common';
  /** Set for a result that each cache has as well, as `NAME-result` (CustomRuns and the command line). */
  readonly perCache?: true;
  readonly meaning: string;
}

export const RESULTS = [
  {
    name: 'hit',
    verbs: ['fetch'],
    initial: 'false',
    join: 'and',
    perCache: true,
    meaning: '`true` only for an exact match',
  },
  {
    name: 'fetched',
    verbs: ['fetch'],
    initial: 'false',
    join: 'and',
    meaning: '`true` for an exact match or a fallback',
  },
  {
    name: 'match',
    verbs: ['fetch'],
    initial: 'miss',
    join: 'worst',
    perCache: true,
    meaning: '`exact`, `fallback` or `miss`',
  },
  {
    name: 'uploaded',
    verbs: ['upload'],
    initial: 'false',
    join: 'and',
    perCache: true,
    meaning: '`true` when the target holds this content now because of this upload',
  },
  { name: 'hash', verbs: VERBS, initial: '', join: 'common', meaning: '64 hex digits, what `{{hash}}` stands for' },
  {
    name: 'target',
    verbs: VERBS,
    initial: '',
    join: 'of-worst',
    meaning: 'the image reference fetched from (or missed) or uploaded to',
  },
  {
    name: 'digest',
    verbs: VERBS,
    initial: '',
    join: 'of-worst',
    perCache: true,
    meaning: 'digest of the manifest of the entry',
  },
  { name: 'size', verbs: VERBS, initial: '0', join: 'sum', meaning: 'bytes of content of the entry' },
  { name: 'bytes', verbs: ['upload'], initial: '0', join: 'sum', meaning: 'bytes sent' },
  {
    name: 'reason',
    verbs: VERBS,
    initial: '',
    join: 'of-worst',
    perCache: true,
    meaning: 'one word of the closed list of reasons',
  },
] as const satisfies readonly ResultRow[];

export type ResultName = (typeof RESULTS)[number]['name'];
export type Results = Record<string, string>;

/** The plain results of a verb: those of a step, and the joined ones of a CustomRun. */
export function resultNames(verb: Verb): string[] {
  const rows: readonly ResultRow[] = RESULTS;
  return rows.filter(({ verbs }) => verbs.includes(verb)).map(({ name }) => name);
}

/** Why a result is what it is: the closed list. */
export const REASONS = {
  exact: 'the entry of this very target was restored (or was there already)',
  fallback: 'the entry of a fallback was restored',
  'not-found': 'neither the target nor a fallback exists',
  'other-paths': 'the entry was made of other directories than `paths`',
  unverified: '`verify: require`, and the entry has no statement of who wrote it that is believed',
  'no-files': '`files` matched nothing, so there is no hash',
  'no-hash': 'the fetch gave no hash to upload under',
  'no-preset': '`preset: auto` found nothing in `source` that a preset is for',
  unauthorized: 'the registry refused the credentials, or wants some and none were found',
  refused:
    'the registry refused for another reason than credentials: a quota, a protected tag, a request that is too long; the message has its words',
  unreachable: 'the registry did not answer',
  deadline: '`max-time` passed',
  disabled:
    '`mode`, or the annotation `cache.tekton.dev/mode`, switches this off, or a step has no workspace that is bound',
  unreadable: 'a file could not be read, so no entry was made',
  unwritable: 'the directory could not be written',
  'too-large': 'a limit of the configuration was passed',
  'invalid-image': 'the image is not a cache entry that can be restored exactly',
  'invalid-params': 'a param is wrong; the message says which',
  unchanged: 'the target holds this content already',
  pushed: 'the content was uploaded',
  empty: 'there is nothing to upload',
  cancelled: 'the run was cancelled',
  timeout: 'the run timed out',
  'pod-failed': 'the helper pod could not run to its end; the message says why',
  internal: 'a bug of tekton-cache; the log has the details',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;

/** The reason, if it is one of the list: any text may stand where a reason is expected. */
export function knownReason(text: string): Reason | 'other' {
  return isReason(text) ? text : 'other';
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/**
 * The joined results have the reason, the target and the digest of the cache with the worst reason. Misses are worse than hits. What somebody has to
 * mend is worse than what nobody has to. What ended everything is the worst.
 */
export const BEST_TO_WORST = [
  'pushed',
  'exact',
  'unchanged',
  'fallback',
  'disabled',
  'not-found',
  'other-paths',
  'no-hash',
  'no-files',
  'no-preset',
  'empty',
  'unverified',
  'too-large',
  'refused',
  'unauthorized',
  'unreachable',
  'unreadable',
  'unwritable',
  'invalid-image',
  'deadline',
  'pod-failed',
  'cancelled',
  'timeout',
  'invalid-params',
  'internal',
] as const satisfies readonly Reason[];
