import { isSwitchedOff } from '../../shared/interface/mode.ts';
import type { Verb } from '../../shared/interface/params.ts';
import type { Config } from '../config/table.ts';
import type { Pod } from '../kube/objects/pod.ts';
import { attemptOf, DEFAULT_TIMEOUT, isCancelled, isDone } from '../tekton/custom-run.ts';
import type { CustomRun } from '../tekton/custom-run.ts';
import type { RunReasons } from '../tekton/run-kind.ts';
import { checkReference, verbOf } from './request/cache-kind.ts';
import { cancelled, disabled, podFailed, refused, reported, timedOut } from './status/completion.ts';
import type { Completion, Subject } from './status/completion.ts';
import { nameTakenBy, podNameOf, UNSEEN_SECRETS } from './pod/helper-pod.ts';
import { readOutcome } from './outcome/outcome.ts';
import { podOf } from './status/status.ts';
import type { Progress } from './status/status.ts';
import { reportedOf, timeoutMsOf, workOf } from './request/work.ts';
import type { Work } from './request/work.ts';
import { readRunParams } from './request/run-params.ts';
import type { RunParams } from './request/run-params.ts';

export type Decision =
  | { readonly do: 'nothing' }
  /** Make the pod of this attempt. */
  | { readonly do: 'start'; readonly work: Work }
  | { readonly do: 'wait'; readonly progress: Progress; readonly recheckMs: number }
  /**
   * End the attempt, and the run unless it has retries left. `stop: 'politely'`: the pod has to end first. `stop: 'at-once'`: the pod never began,
   * and must not begin any more.
   */
  | { readonly do: 'end'; readonly completion: Completion; readonly stop?: 'politely' | 'at-once' };

interface Situation {
  readonly run: CustomRun;
  /** The pod of the present attempt. */
  readonly pod?: Pod | undefined;
  /** Another pod, not of this run, has the name that the pod of the attempt has to have. */
  readonly nameTaken?: boolean;
  readonly config: Config;
  readonly reasons: RunReasons;
  readonly now: Date;
}

/** What to do about a run of ours. The order is Tekton's contract: a run that is done is never touched, whatever is asked of it. */
export function decide(situation: Situation): Decision {
  const { run, pod, nameTaken = false, config, now } = situation;
  if (isDone(run)) return { do: 'nothing' };

  const kind = readKind(run);
  const subject = subjectFrom(kind, situation);
  if (isCancelled(run)) return { do: 'end', completion: cancelled(subject, run.spec.statusMessage), stop: 'politely' };

  if (nameTaken) return { do: 'end', completion: podFailed(subject, nameTakenBy(podNameOf(run, attemptOf(run)))) };
  const outcome = pod && readOutcome(pod, subject, config, now);
  const leftMs = timeLeftMs(run, outcome?.phase === 'ended' ? endOf(outcome.endedAt, now) : now);
  if (leftMs <= 0) {
    return { do: 'end', completion: timedOut(subject, run.spec.timeout ?? DEFAULT_TIMEOUT), stop: 'politely' };
  }
  if (!pod || !outcome) {
    const wasThere = podOf(run.status) === podNameOf(run, attemptOf(run));
    return wasThere
      ? { do: 'end', completion: podFailed(subject, 'The helper pod was deleted.') }
      : begin(situation, kind, subject);
  }
  if (outcome.phase === 'ended') return { do: 'end', completion: withHint(reported(outcome.report), pod) };
  if (outcome.phase === 'broken')
    return { do: 'end', completion: podFailed(subject, outcome.message), stop: 'at-once' };

  const trouble = outcome.phase === 'pending' ? outcome.trouble : undefined;
  return {
    do: 'wait',
    progress: { verb: verbOf(run), pod: pod.metadata.name, ...(trouble === undefined ? {} : { trouble }) },
    recheckMs: Math.min(leftMs, outcome.recheckMs ?? Number.POSITIVE_INFINITY),
  };
}

/**
 * When the helper ended, for the timeout: one that ended in time did so however late the controller looks. The clock of a node may be ahead, so no
 * end is later than now.
 */
function endOf(endedAt: string | undefined, now: Date): Date {
  return endedAt === undefined ? now : new Date(Math.min(Date.parse(endedAt), now.getTime()));
}

/** Adds why the helper may not have seen credentials that somebody has set up. */
function withHint(completion: Completion, { metadata }: Pod): Completion {
  if (completion.results['reason'] !== 'unauthorized' || !metadata.annotations?.[UNSEEN_SECRETS]) return completion;
  const hint =
    'Secrets of the type kubernetes.io/basic-auth were not used, as the controller may not look at their annotations: ' +
    'apply basic-auth.yaml of the release (manifests/overlays/basic-auth), or use a secret of the type kubernetes.io/dockerconfigjson.';
  return { ...completion, message: `${completion.message} ${hint}` };
}

function begin({ run, config }: Situation, kind: KindOfRun, subject: Subject): Decision {
  try {
    if ('problem' in kind) throw kind.problem;
    const { verb, params } = kind;
    checkReference(run);
    const work = workOf(run, verb, config, params);
    return isSwitchedOff(work.request.mode, verb)
      ? { do: 'end', completion: disabled(subject) }
      : { do: 'start', work };
  } catch (error) {
    return { do: 'end', completion: refused(subject, error) };
  }
}

/** The verb of a run and its params, which a decision reads once; or the problem, where the run names a kind that our group does not have. */
type KindOfRun = { readonly verb: Verb; readonly params: RunParams } | { readonly problem: unknown };

function readKind(run: CustomRun): KindOfRun {
  try {
    const verb = verbOf(run);
    return { verb, params: readRunParams(run, verb) };
  } catch (problem) {
    return { problem };
  }
}

/** What a completion needs to know of its run: the caches, and whether an error fails the run. */
export function subjectOf({ run, reasons }: Pick<Situation, 'run' | 'reasons'>): Subject {
  return subjectFrom(readKind(run), { run, reasons });
}

function subjectFrom(kind: KindOfRun, { run, reasons }: Pick<Situation, 'run' | 'reasons'>): Subject {
  if ('problem' in kind) return { caches: [], strict: false, reasons };
  return { verb: kind.verb, ...reportedOf(run, kind.params), reasons };
}

/** Milliseconds left to the present attempt; infinite without a timeout, or before the attempt began. */
export function timeLeftMs(run: CustomRun, now: Date): number {
  const timeoutMs = timeoutMsOf(run);
  const { startTime } = run.status ?? {};
  if (timeoutMs === 0 || startTime === undefined) return Number.POSITIVE_INFINITY;
  return Date.parse(startTime) + timeoutMs - now.getTime();
}
