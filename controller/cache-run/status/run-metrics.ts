import { knownReason } from '../../../shared/interface/results/results.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import type { Completion } from './completion.ts';

/** Counts a run once its final status is written. A report may hold any text; a label takes only words of closed lists. */
export function countRun({ runs, sent }: Metrics, { succeeded, results }: Completion): void {
  const { uploaded, match, bytes, reason = '' } = results;
  const verb = match !== undefined ? 'fetch' : uploaded !== undefined ? 'upload' : 'none';
  const known = reason === '' ? '' : knownReason(reason);
  runs.add({ verb, outcome: succeeded ? outcomeOf(results) : 'failed', reason: known });
  if (verb === 'upload') sent.add({}, Number(bytes) || 0);
}

function outcomeOf({ match, uploaded }: Completion['results']): string {
  if (match === undefined) return uploaded === 'true' ? 'uploaded' : 'not-uploaded';
  return match === 'exact' ? 'hit' : match === 'fallback' ? match : 'miss';
}

/** Observes the time of the attempt that has just ended, if it had begun. */
export function countAttempt({ attempts }: Metrics, { status, spec }: CustomRun, now: Date): void {
  if (status?.startTime === undefined) return;
  const { kind } = spec.customRef ?? spec.customSpec ?? {};
  const seconds = (now.getTime() - Date.parse(status.startTime)) / 1000;
  attempts.observe({ verb: kind === 'CacheFetch' ? 'fetch' : 'upload' }, Math.max(0, seconds));
}
