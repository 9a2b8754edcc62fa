import type { CachedFiles } from '../cache-key/cached-files.ts';
import type { EntryPort } from '../entry/entry.ts';
import { joinResults } from '../interface/join-results.ts';
import type { CacheDirectory, CacheReport, CacheRequest } from '../request/protocol.ts';
import { isAllowed, pathsOf } from './cache-work.ts';
import type { CacheOutcome, CacheWork } from './cache-work.ts';
import { startDeadline } from './deadline.ts';
import { fetchCache } from './fetch.ts';
import { findHash } from './find-hash.ts';
import type { HashOutcome } from './find-hash.ts';
import { platformVariables } from './platform.ts';
import { Stores } from './stores.ts';
import type { OpenStore } from './stores.ts';
import { failureOf } from './strictness.ts';
import type { TextLog } from './text-log.ts';
import { uploadCache } from './upload.ts';
import { announceOnce } from './verdict.ts';

/** What the helper stands on. */
export interface Ports {
  readonly entries: EntryPort;
  readonly openStore: OpenStore;
  readonly log: TextLog;
}

interface NamedOutcome extends CacheOutcome {
  readonly name: string;
}

/** One request to one report: the hash, then each cache in order. What a user can meet never throws. */
export async function runRequest(request: CacheRequest, ports: Ports, outer?: AbortSignal): Promise<CacheReport> {
  const { verb } = request;
  const { entries, log } = ports;
  const deadline = startDeadline(request.maxTimeMs, outer);
  const { signal } = deadline;
  const stores = new Stores(ports.openStore);
  const variables = { ...platformVariables(), ...request.variables };
  try {
    const wanted = request.caches.some((cache) => needsHash(request, cache));
    const hash = wanted ? await findHash({ ...request, cached: cachedFiles(request) }, signal) : undefined;
    const outcomes: NamedOutcome[] = [];
    for (const cache of request.caches) {
      const announce = announceOnce(verb, cache.name, log);
      const work: CacheWork = { request, cache, hash, variables, stores, entries, log, announce, signal };
      const outcome = await (verb === 'fetch' ? fetchCache(work) : uploadCache(work));
      announce(outcome.results);
      // The verdict comes first: it is what people look for.
      if (outcomes.length === 0) hashLines(hash).forEach((line) => log.line(`  ${line}`));
      outcome.notes.forEach((note) => log.line(`  ${note}`));
      outcomes.push({ ...outcome, name: cache.name });
    }
    return reportOf(request, hash, outcomes);
  } finally {
    deadline.clear();
    await stores.close();
  }
}

function cachedFiles(request: CacheRequest): CachedFiles[] {
  return request.caches.map((cache) => ({ dir: cache.dir, paths: pathsOf(request, cache) }));
}

/** A fetch that mode `push` switches off still tells its hash: the upload after it goes by that. */
function needsHash(request: CacheRequest, cache: CacheDirectory): boolean {
  return isAllowed(request, cache) || (request.verb === 'fetch' && (cache.mode ?? request.mode) !== 'off');
}

function hashLines(hash: HashOutcome | undefined): readonly string[] {
  return hash?.hash === undefined ? [] : hash.lines;
}

function reportOf(
  request: CacheRequest,
  hash: HashOutcome | undefined,
  outcomes: readonly NamedOutcome[],
): CacheReport {
  const failure = failureOf(request, outcomes);
  const several = outcomes.length > 1;
  const travelled = outcomes.flatMap(({ travelledHash }) => travelledHash ?? [])[0];
  const known = travelled ?? hash?.hash ?? '';
  return {
    version: 1,
    results: joinResults(
      request.verb,
      outcomes.map(({ name, results }) => ({ name, results: { ...results, hash: known } })),
    ),
    message: outcomes.map(({ name, sentence }) => (several ? `${name}: ${sentence}` : sentence)).join(' '),
    ...(failure === undefined ? {} : { failure }),
  };
}
