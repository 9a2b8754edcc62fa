import type { Verb } from '../../../shared/interface/params.ts';
import { conditionsFrom, succeededCondition, timeOf } from '../../tekton/condition.ts';
import type { Verdict } from '../../tekton/condition.ts';
import type { CustomRun, CustomRunStatus } from '../../tekton/custom-run.ts';
import type { Completion } from './completion.ts';

const WORDS: Readonly<Record<Verb, string>> = { fetch: 'Fetching', upload: 'Uploading' };

/** What is written: null takes a field away. */
export type StatusPatch = Omit<CustomRunStatus, 'startTime'> & { readonly startTime?: string | null };

export interface Progress {
  readonly verb: Verb;
  /** Once it exists. That it is written here tells a pod that was deleted from one that was never made. */
  readonly pod?: string;
  /** Why the work has not begun. */
  readonly trouble?: string;
}

/** The status while an attempt is under way. */
export function progressStatus(run: CustomRun, { verb, pod, trouble }: Progress, now: Date): CustomRunStatus {
  const retries = run.status?.retriesStatus?.length ?? 0;
  const verdict: Verdict = {
    status: 'Unknown',
    reason: trouble === undefined ? 'Running' : 'Pending',
    message: `${trouble === undefined ? WORDS[verb] : `Pending: ${trouble}`}${retries > 0 ? ` (attempt ${retries + 1})` : ''}`,
  };
  return {
    ...undecided(run, verdict, now),
    startTime: run.status?.startTime ?? timeOf(now),
    ...(pod === undefined ? {} : { extraFields: { pod } }),
  };
}

const QUEUED =
  'Queued: as many helper pods are at work as `max-pods` and `max-pods-per-namespace` allow; this one follows when it is its turn';

/** The status of a run that waits for its turn to have a helper pod. The time of the attempt does not run yet. */
export function queuedStatus(run: CustomRun, now: Date): StatusPatch {
  const startTime = run.status?.startTime === undefined ? {} : { startTime: null };
  return { ...undecided(run, { status: 'Unknown', reason: 'Queued', message: QUEUED }, now), ...startTime };
}

/** Another attempt follows; this one becomes an entry of `retriesStatus`. */
export function retryStatus(run: CustomRun, completion: Completion, now: Date): CustomRunStatus {
  const before = run.status?.retriesStatus ?? [];
  const { retriesStatus: _, ...attempt } = endedStatus(run, completion, now);
  const verdict: Verdict = {
    status: 'Unknown',
    reason: 'Retrying',
    message: `After attempt ${before.length + 1}: ${completion.message}`,
  };
  return {
    ...undecided(run, verdict, now),
    startTime: timeOf(now),
    retriesStatus: [...before, attempt],
    extraFields: { pod: null },
  };
}

/** The final status of a run, or of an attempt before it becomes an entry of `retriesStatus`. */
export function endedStatus(run: CustomRun, completion: Completion, now: Date): CustomRunStatus {
  const { reason, message } = completion;
  const verdict: Verdict = { status: completion.succeeded ? 'True' : 'False', reason, message };
  return {
    ...observed(run),
    conditions: conditionsFrom(verdict, run.status?.conditions, now),
    startTime: run.status?.startTime ?? timeOf(now),
    completionTime: timeOf(now),
    results: Object.entries(completion.results).map(([name, value]) => ({ name, value })),
    ...(run.status?.retriesStatus?.length ? { retriesStatus: run.status.retriesStatus } : {}),
  };
}

/** Would writing this change anything that somebody can see? */
export function statusChanged(run: CustomRun, next: StatusPatch): boolean {
  const [known, told] = [succeededCondition(run.status?.conditions), succeededCondition(next.conditions)];
  return (
    known?.status !== told?.status ||
    known?.reason !== told?.reason ||
    known?.message !== told?.message ||
    podOf(next) !== podOf(run.status)
  );
}

/** The pod of the present attempt, if its status has told of one. */
export function podOf(status: Pick<CustomRunStatus, 'extraFields'> | null | undefined): string | undefined {
  const pod = status?.extraFields?.['pod'];
  return typeof pod === 'string' ? pod : undefined;
}

function undecided(run: CustomRun, verdict: Verdict, now: Date): CustomRunStatus {
  return { ...observed(run), conditions: conditionsFrom(verdict, run.status?.conditions, now) };
}

function observed(run: CustomRun): CustomRunStatus {
  const { generation } = run.metadata;
  return generation === undefined ? {} : { observedGeneration: generation };
}
