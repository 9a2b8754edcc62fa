import { asCacheError, ERROR_CODES } from '../../../shared/errors.ts';
import { joinResults } from '../../../shared/interface/results/join-results.ts';
import type { Verb } from '../../../shared/interface/params.ts';
import type { Reason, Results } from '../../../shared/interface/results/results.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';
import type { RunReasons } from '../../tekton/run-kind.ts';

/** How an attempt ended: what its run will say, unless another attempt may follow. */
export interface Completion {
  readonly succeeded: boolean;
  /** The reason of the condition `Succeeded`. */
  readonly reason: string;
  readonly message: string;
  readonly results: Results;
  /** Could the same thing end better on another try? */
  readonly retriable: boolean;
}

/** The run of a completion, as far as the completion needs it. */
export interface Subject {
  /** Absent for a kind that we do not have. */
  readonly verb?: Verb;
  readonly caches: readonly string[];
  readonly strict: boolean;
  readonly reasons: RunReasons;
}

/** The helper left a report. */
export function reported({ results, message, failure }: CacheReport): Completion {
  if (!failure) return { succeeded: true, reason: 'Succeeded', message, results, retriable: false };
  const retriable = failure.code !== ERROR_CODES.InvalidParams;
  return { succeeded: false, reason: failure.code, message: failure.message || message, results, retriable };
}

/** The pod left no report: a result like any other outage, unless the user wants to fail on those. */
export function podFailed(subject: Subject, message: string): Completion {
  return {
    succeeded: !subject.strict,
    reason: subject.strict ? 'PodFailed' : 'Succeeded',
    message,
    results: resultsOf(subject, 'pod-failed'),
    retriable: true,
  };
}

/** The author of the run has to change something. */
export function refused(subject: Subject, error: unknown): Completion {
  const { code, message } = asCacheError(error);
  const isWorkspace = code === ERROR_CODES.WorkspaceNotSupported;
  const reason = isWorkspace ? subject.reasons.workspaceNotSupported : code;
  return { succeeded: false, reason, message, results: resultsOf(subject, 'invalid-params'), retriable: false };
}

export function disabled(subject: Subject): Completion {
  const message = 'Switched off by `mode` or the annotation cache.tekton.dev/mode.';
  return { succeeded: true, reason: 'Succeeded', message, results: resultsOf(subject, 'disabled'), retriable: false };
}

/** Tekton asks for this reason, also when a PipelineRun has timed out: `spec.statusMessage` tells the two apart. */
export function cancelled(subject: Subject, statusMessage: string | undefined): Completion {
  const message = statusMessage || 'The run was cancelled.';
  const results = resultsOf(subject, 'cancelled');
  return { succeeded: false, reason: subject.reasons.cancelled, message, results, retriable: false };
}

export function timedOut(subject: Subject, timeout: string): Completion {
  const message = `The attempt did not end within its timeout, ${timeout}.`;
  const results = resultsOf(subject, 'timeout');
  return { succeeded: false, reason: subject.reasons.timedOut, message, results, retriable: true };
}

/** Every result, because a later task that refers to one of them would break the whole PipelineRun without it. */
function resultsOf({ verb, caches }: Subject, reason: Reason): Results {
  if (verb === undefined) return {};
  return joinResults(
    verb,
    caches.map((name) => ({ name, results: { reason } })),
  );
}
