import { ERROR_CODES } from '../errors.ts';
import type { Reason } from '../interface/results/results.ts';
import type { CacheReport, CacheRequest } from '../request/protocol.ts';
import type { CacheOutcome } from './cache/cache-work.ts';

/** What an upload finds missing; a fetch has a miss instead. */
const NOTHING_TO_UPLOAD: readonly Reason[] = ['no-files', 'no-hash', 'no-preset', 'empty'];

/**
 * Why the run is to fail, or nothing. A wrong param always is a failure: only its author can mend it. Everything else fails
 * only the runs whose author asked for that; what was switched off on purpose never does.
 */
export function failureOf(request: CacheRequest, outcomes: readonly CacheOutcome[]): CacheReport['failure'] {
  for (const { error } of outcomes) {
    if (error === undefined) continue;
    if (error.code === ERROR_CODES.InvalidParams || request.onError === 'fail') {
      return { code: error.code, message: error.message };
    }
  }
  const missed = outcomes.find((outcome) => isMiss(request, outcome));
  return missed !== undefined && request.onMiss === 'fail'
    ? { code: ERROR_CODES.NotFound, message: missed.sentence }
    : undefined;
}

function isMiss({ verb }: CacheRequest, { results }: CacheOutcome): boolean {
  if (results.reason === 'disabled') return false;
  return verb === 'fetch' ? results.fetched !== 'true' : NOTHING_TO_UPLOAD.includes(results.reason);
}
