import type { CacheError } from '../../errors.ts';
import type { EntryDirectory, EntryLimits, EntryPort } from '../../entry/entry.ts';
import type { CacheResults } from '../../interface/results/join-results.ts';
import { allows } from '../../interface/mode.ts';
import type { Reason } from '../../interface/results/results.ts';
import { expandTemplate, usesHash } from '../../request/template.ts';
import type { TemplateValues } from '../../request/template.ts';
import type { CacheDirectory, CacheRequest } from '../../request/protocol.ts';
import type { ScopedRegistry } from '../../scope/scoped-reference.ts';
import { layoutsWithin } from './layouts-within.ts';
import type { HashOutcome } from '../hash/find-hash.ts';
import type { Stores } from './stores.ts';
import type { Verification } from './verification.ts';
import type { TextLog } from '../report/text-log.ts';
import type { Announce } from '../report/verdict.ts';

/** What fetching or uploading one cache needs. */
export interface CacheWork {
  readonly request: CacheRequest;
  readonly cache: CacheDirectory;
  readonly hash: HashOutcome | undefined;
  /** The values of all variables but `hash` and `workspace`. */
  readonly variables: TemplateValues;
  /** Where targets go by the scope of the run; undefined where they stay as they are. */
  readonly scoped?: ScopedRegistry | undefined;
  readonly stores: Stores;
  readonly entries: EntryPort;
  readonly log: TextLog;
  readonly announce: Announce;
  /** Absent: entries are used without. */
  readonly verification?: Verification | undefined;
  readonly signal: AbortSignal;
}

/** What became of one cache. */
export interface CacheOutcome {
  readonly results: CacheResults & { readonly reason: Reason };
  /** The end of the work, in one sentence. */
  readonly sentence: string;
  /** What went wrong, also where a fallback made up for it. */
  readonly error?: CacheError;
  /** Lines for the log, after the verdict. */
  readonly notes: readonly string[];
  /** The hash of the key, as a handoff keeps it with the content: set by a fetch of one. */
  readonly handoffHash?: string;
}

/** What the mode of a cache, or else of the request, says about it. */
export function isAllowed(request: CacheRequest, cache: CacheDirectory): boolean {
  return allows(cache.mode ?? request.mode, request.verb);
}

export function disabled({
  request,
  cache,
}: Pick<CacheWork, 'request'> & { readonly cache?: CacheDirectory }): CacheOutcome {
  const sentence = `Mode \`${cache?.mode ?? request.mode}\` switches this ${request.verb} off.`;
  return { results: { reason: 'disabled' }, sentence, notes: [sentence] };
}

/** Why a template cannot be expanded: it uses a hash that there is not. */
export function lacksHash(template: string, { hash }: CacheWork): CacheOutcome | undefined {
  if (hash === undefined || hash.hash !== undefined || !usesHash(template)) return undefined;
  const { reason, sentence, error } = hash;
  return { results: { reason }, sentence, notes: [sentence], ...(error === undefined ? {} : { error }) };
}

/** The reference that a template stands for. */
export function expand(template: string, { hash, cache, variables }: CacheWork): string {
  return expandTemplate(template, {
    ...variables,
    workspace: cache.name,
    ...(hash?.hash === undefined ? {} : { hash: hash.hash }),
  });
}

export function pathsOf(request: CacheRequest, cache: CacheDirectory): readonly string[] {
  return cache.paths ?? request.paths;
}

/**
 * The part of a request for an entry that fetch and upload share.
 *
 * @param targets whose layouts are no part of it
 */
export function entryPart(
  { request, cache, verification, signal }: CacheWork,
  targets: readonly string[],
): EntryDirectory & {
  readonly signal: AbortSignal;
  readonly limits?: Partial<EntryLimits>;
} {
  const { exclude = request.exclude } = cache;
  const { limits } = request;
  return {
    dir: cache.dir,
    paths: pathsOf(request, cache),
    exclude: [...exclude, ...layoutsWithin(cache.dir, targets)],
    signal,
    ...(cache.mayBeMissing === true ? { ofTool: true, made: cache.makes ?? [] } : {}),
    ...(cache.comparesTimes === true ? { comparedWith: request.source ?? '' } : {}),
    ...(verification === undefined ? {} : { check: verification.check }),
    ...(limits === undefined ? {} : { limits }),
  };
}
