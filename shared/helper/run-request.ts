import type { EntryPort } from '../entry/entry.ts';
import { joinResults } from '../interface/results/join-results.ts';
import { resultNames } from '../interface/results/results.ts';
import type { Results } from '../interface/results/results.ts';
import type { CacheDirectory, CacheReport, CacheRequest } from '../request/protocol.ts';
import type { Applied } from './apply-auto.ts';
import { isAllowed } from './cache/cache-work.ts';
import type { CacheOutcome } from './cache/cache-work.ts';
import { startDeadline } from './deadline.ts';
import type { HashOutcome } from './hash/find-hash.ts';
import { findHashes } from './find-hashes.ts';
import { findPlaces } from './find-places.ts';
import type { AskScope } from './find-places.ts';
import { platformVariables } from './hash/platform.ts';
import { Stores } from './cache/stores.ts';
import type { OpenStore } from './cache/stores.ts';
import type { Verification } from './cache/verification.ts';
import { failureOf } from './strictness.ts';
import type { TextLog } from './report/text-log.ts';
import { noteLine } from './report/step-log.ts';
import { announceOnce } from './report/verdict.ts';

/** What the helper does its I/O by. */
export interface Ports {
  readonly entries: EntryPort;
  readonly openStore: OpenStore;
  readonly askScope?: AskScope;
  readonly log: TextLog;
}

interface NamedOutcome extends CacheOutcome {
  readonly name: string;
  /** What `{{hash}}` stands for, where that is known. */
  readonly hash: string | undefined;
}

/** What the caches of one request share. */
interface SharedParts extends Ports {
  readonly stores: Stores;
  readonly signal: AbortSignal;
}

/** Turns one request into one report: the presets, the hash, then each cache in order. What a user can meet is never thrown. */
export async function runRequest(request: CacheRequest, ports: Ports, outer?: AbortSignal): Promise<CacheReport> {
  const deadline = startDeadline(request.maxTimeMs, outer);
  const stores = new Stores(async (target) => await ports.openStore(target, deadline));
  try {
    const { caches, lines, outcome } = await withPresets(request, deadline.signal);
    if (outcome !== undefined) {
      announceOnce(request.verb, 'auto', ports.log)(outcome.results);
      outcome.notes.forEach((note) => ports.log.line(noteLine(note)));
      return reportOf(request, [{ ...outcome, name: 'auto', hash: undefined }]);
    }
    const applied = { ...request, caches };
    return reportOf(applied, await runCaches(applied, lines, { ...ports, stores, signal: deadline.signal }));
  } finally {
    deadline.clear();
    await stores.close();
  }
}

/** What knows all presets is loaded where the sources are asked for some. */
async function withPresets(request: CacheRequest, signal: AbortSignal): Promise<Applied> {
  if (request.auto === undefined) return { caches: request.caches, lines: [] };
  return (await import('./apply-auto.ts')).applyAuto(request, signal);
}

/** Most requests verify nothing. */
async function verificationOf(request: CacheRequest, signal: AbortSignal): Promise<Verification | undefined> {
  if (request.verify === undefined) return undefined;
  return (await import('./cache/verification.ts')).verificationOf(request, signal);
}

async function runCaches(
  request: CacheRequest,
  lines: readonly string[],
  { entries, log, stores, askScope, signal }: SharedParts,
): Promise<NamedOutcome[]> {
  const { verb } = request;
  const variables = { ...platformVariables(), ...request.variables };
  const [hashOf, places] = await Promise.all([
    findHashes(request, (cache) => needsHash(request, cache), signal),
    findPlaces(request, askScope, signal),
  ]);
  const { scoped } = places;
  const run =
    verb === 'fetch' ? (await import('./cache/fetch.ts')).fetchCache : (await import('./cache/upload.ts')).uploadCache;
  const told = new Set<HashOutcome>();
  const outcomes: NamedOutcome[] = [];
  for (const cache of request.caches) {
    const hash = hashOf(cache);
    const announce = announceOnce(verb, cache.name, log);
    const verification = await verificationOf(request, signal);
    const shared = { request, variables, scoped, stores, entries, log, signal };
    const outcome = await run({ ...shared, cache, hash, announce, verification });
    announce(outcome.results);
    // The verdict comes first: it is what people look for.
    if (outcomes.length === 0) [...lines, ...places.lines].forEach((line) => log.line(noteLine(line)));
    if (hash?.hash !== undefined && !told.has(hash)) hash.lines.forEach((line) => log.line(noteLine(line)));
    if (hash !== undefined) told.add(hash);
    [...outcome.notes, ...(verification?.notes ?? [])].forEach((note) => log.line(noteLine(note)));
    outcomes.push({ ...outcome, name: cache.name, hash: hash?.hash });
  }
  return outcomes;
}

/** A fetch that mode `push` switches off still tells its hash: the upload after it goes by that. */
function needsHash(request: CacheRequest, cache: CacheDirectory): boolean {
  return isAllowed(request, cache) || (request.verb === 'fetch' && (cache.mode ?? request.mode) !== 'off');
}

function reportOf(request: CacheRequest, outcomes: readonly NamedOutcome[]): CacheReport {
  const failure = failureOf(request, outcomes);
  const several = outcomes.length > 1;
  const [handoffHash] = outcomes.flatMap((outcome) => outcome.handoffHash ?? []);
  const results = joinResults(
    request.verb,
    outcomes.map((outcome) => ({
      name: outcome.name,
      results: { ...outcome.results, hash: handoffHash ?? outcome.hash ?? '' },
    })),
  );
  return {
    version: 1,
    results: request.auto === undefined ? results : withoutNames(request, results),
    message: outcomes.map(({ name, sentence }) => (several ? `${name}: ${sentence}` : sentence)).join(' '),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Drops the results of single caches: which caches there are depends on the sources, so nobody can rely on those results. */
function withoutNames({ verb }: CacheRequest, results: Results): Results {
  return Object.fromEntries(resultNames(verb).map((name) => [name, results[name] ?? '']));
}
