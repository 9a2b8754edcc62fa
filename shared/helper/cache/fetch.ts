import { join } from 'node:path';
import { asCacheError, CacheError, ERROR_CODES } from '../../errors.ts';
import type { FetchOutcome } from '../../entry/entry.ts';
import type { CacheResults } from '../../interface/results/join-results.ts';
import { ENTRY_ANNOTATIONS } from '../../request/protocol.ts';
import type { CacheDirectory, Join } from '../../request/protocol.ts';
import { attemptsOf } from './attempts.ts';
import { disabled, entryPart, isAllowed } from './cache-work.ts';
import type { CacheOutcome, CacheWork } from './cache-work.ts';
import { refuseLayoutItself } from './layouts-within.ts';
import { provideDirectory } from './provide-directory.ts';
import { joinParts } from './join-parts.ts';
import { amountsNote, restoredAmounts } from '../report/amounts.ts';
import { progressLines } from '../report/progress.ts';
import { endsEverything, logText, reasonOf } from '../report/reason-of-error.ts';

type Found = FetchOutcome & { readonly found: true };
type Missing = FetchOutcome & { readonly found: false };

/** Restores one cache from its target, or else from the first fallback that exists. */
export async function fetchCache(work: CacheWork): Promise<CacheOutcome> {
  // Before the fetch, as it may be killed; and after it, as `clean` removes what the entry does not have.
  await provideAll(work.cache);
  const outcome = await restore(work);
  return { ...outcome, notes: [...outcome.notes, ...(await provideAll(work.cache))] };
}

async function restore(work: CacheWork): Promise<CacheOutcome> {
  const { cache, request } = work;
  if (!isAllowed(request, cache)) return disabled(work);

  const notes: string[] = [];
  let missed: CacheOutcome | undefined;
  let skipped: CacheOutcome | undefined;
  let error: CacheError | undefined;
  const attempts = attemptsOf(work);
  const targets = attempts.map((attempt) => (attempt.kind === 'reference' ? attempt.target : attempt.place));
  for (const attempt of attempts) {
    const { match } = attempt;
    if (attempt.kind === 'unhashed') {
      missed ??= attempt.outcome;
      error ??= attempt.outcome.error;
      // Said once, however many of the targets have the hash in them.
      notes.push(...attempt.outcome.notes.filter((note) => !notes.includes(note)));
      continue;
    }
    const target = attempt.kind === 'reference' ? attempt.target : undefined;
    try {
      if (attempt.kind === 'invalid') throw attempt.failure;
      const outcome = await fetchEntry({ target: attempt.target, match, targets }, work);
      if (outcome.found) return found(outcome, { match, target: attempt.target, notes, error });
      const absent = absence(outcome, attempt.target);
      missed ??= { ...absent, notes };
      notes.push(absent.sentence);
    } catch (caught) {
      const failure = asCacheError(caught);
      if (failure.code === ERROR_CODES.InvalidParams && (match === 'fallback' || cache.target !== undefined)) {
        skipped ??= failed(failure, target, notes);
        notes.push(`Passed over: ${failure.message}`);
        continue;
      }
      error ??= failure;
      missed ??= failed(failure, target, notes);
      notes.push(logText(failure));
      if (endsEverything(failure)) return failed(failure, target, notes);
    }
  }
  if (cache.join !== undefined && error === undefined) return await fetchJoin(cache.join, work, notes);
  const outcome = missed ?? skipped;
  if (outcome === undefined) throw new Error('A fetch has a target.');
  return { ...outcome, notes, ...(error === undefined ? {} : { error }) };
}

/** What a tool cannot do without. Returns the sentences about what could not be made. */
async function provideAll({ dir, makes = [], readOnly }: CacheDirectory): Promise<string[]> {
  const notes: string[] = [];
  for (const name of readOnly === true ? [] : makes) {
    const path = join(dir, name);
    try {
      await provideDirectory(path);
    } catch (caught) {
      const { message } = asCacheError(caught);
      notes.push(`The directory ${path}, without which the tool ends, is not there. ${message}`);
    }
  }
  return notes;
}

async function fetchJoin(join: Join, work: CacheWork, notes: readonly string[]): Promise<CacheOutcome> {
  const { cache, request, entries, log } = work;
  const target = join.nodes.map(({ task }) => task).join(' + ');
  try {
    const parts = await joinParts(join, work);
    const progress = progressLines(cache.name, log);
    const outcome = await entries.join({ ...entryPart(work, []), ...parts, clean: request.clean, progress });
    if (outcome.found) return found(outcome, { match: 'exact', target, notes, error: undefined });
    if (outcome.unverified !== undefined) return { ...absence(outcome, `An entry of ${target}`), notes };
    const sentence =
      outcome.lost === undefined
        ? `None of ${target} left an entry.`
        : `The entries of ${target} are there, but the registry has lost a ${outcome.lost} of them.`;
    return { results: { reason: 'not-found', target }, sentence, notes };
  } catch (caught) {
    return failed(asCacheError(caught), target, notes);
  }
}

interface FetchTarget extends Pick<Match, 'target' | 'match'> {
  /** All targets that are named; for one without a tag the repository or layout. */
  readonly targets: readonly string[];
}

async function fetchEntry({ target, match, targets }: FetchTarget, work: CacheWork): Promise<FetchOutcome> {
  const { cache, request, stores, entries, log, announce } = work;
  if (cache.readOnly === true) {
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `Workspace ${cache.name} is read-only; bind it writable to fetch into it.`,
    );
  }
  // A fallback of no use does not end the fetch. But with `clean`, any entry that is found would remove a layout in the directory.
  for (const text of request.clean ? targets : [target]) refuseLayoutItself(cache.dir, text);
  if (cache.mayBeMissing === true) await provideDirectory(cache.dir);
  const lines = progressLines(cache.name, log);
  return entries.fetch({
    ...entryPart(work, targets),
    ...(await stores.find(target)),
    clean: request.clean,
    progress: (progress) => {
      announce(matched(match, target));
      lines(progress);
    },
  });
}

function absence(
  { otherPaths, lost, unverified }: Missing,
  target: string,
): Pick<CacheOutcome, 'results' | 'sentence'> {
  if (unverified !== undefined) {
    const sentence = `${target} ${unverified}, and \`verify\` requires one that is believed.`;
    return { results: { reason: 'unverified', target }, sentence };
  }
  if (otherPaths === true) {
    const sentence = `${target} was made of other directories than \`paths\`.`;
    return { results: { reason: 'other-paths', target }, sentence };
  }
  const results = { reason: 'not-found', target } as const;
  if (lost === undefined) return { results, sentence: `There is no ${target} yet.` };
  return {
    results,
    sentence: `${target} is there, but the registry has lost its ${lost}. The next upload from here sends it anew.`,
  };
}

interface Match {
  readonly match: 'exact' | 'fallback';
  readonly target: string;
  readonly notes: readonly string[];
  readonly error: CacheError | undefined;
}

function found(outcome: Found, { match, target, notes, error }: Match): CacheOutcome {
  const { digest, size, files, bytesReceived, annotations } = outcome;
  // Only handoffs expire, and keep the hash of the key with them. The hash of any other entry says what it was once made of.
  const handoffHash =
    annotations[ENTRY_ANNOTATIONS.expires] === undefined ? undefined : annotations[ENTRY_ANNOTATIONS.hash];
  const amounts = restoredAmounts({ size, files, moved: bytesReceived });
  return {
    results: { ...matched(match, target), digest, size: String(size) },
    sentence: `${match === 'exact' ? 'Exact match' : 'Fallback'} ${target}: ${amounts}.`,
    notes: [...notes, amountsNote(amounts, digest), ...outcome.notes],
    ...(handoffHash === undefined ? {} : { handoffHash }),
    ...(error === undefined ? {} : { error }),
  };
}

function matched(
  match: 'exact' | 'fallback',
  target: string,
): CacheResults & { readonly reason: 'exact' | 'fallback' } {
  return { hit: String(match === 'exact'), fetched: 'true', match, reason: match, target };
}

function failed(error: CacheError, target: string | undefined, notes: readonly string[]): CacheOutcome {
  const results = { reason: reasonOf(error), ...(target === undefined ? {} : { target }) };
  return { results, sentence: error.message, error, notes };
}
