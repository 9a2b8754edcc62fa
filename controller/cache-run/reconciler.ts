import type { Log } from '../../shared/log.ts';
import type { Config } from '../config/table.ts';
import { ApiError, isOverQuota, isRefused } from '../kube/api/api-error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import type { ReconcileResult, Reconciler } from '../kube/work/controller.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Informer } from '../kube/informer/informer.ts';
import { isOwnedBy, keyOf, objectKey } from '../kube/objects/object.ts';
import type { KubeObject, ObjectKey } from '../kube/objects/object.ts';
import type { Pod } from '../kube/objects/pod.ts';
import { PODS } from '../kube/objects/resource.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { attemptOf, isDone, isOfGroup } from '../tekton/custom-run.ts';
import type { CustomRun, CustomRunStatus } from '../tekton/custom-run.ts';
import type { RunKind } from '../tekton/run-kind.ts';
import { GROUP } from './request/cache-kind.ts';
import { decide, subjectOf, timeLeftMs } from './decision.ts';
import type { Decision } from './decision.ts';
import { podFailed } from './status/completion.ts';
import type { Completion, Subject } from './status/completion.ts';
import { podNameOf } from './pod/helper-pod.ts';
import { isAtRest, isKeptBySidecars } from './outcome/outcome.ts';
import { PodMaker } from './pod/pod-maker.ts';
import { countAttempt, countRun } from './status/run-metrics.ts';
import { endedStatus, statusChanged, progressStatus, retryStatus } from './status/status.ts';
import type { Progress } from './status/status.ts';
import type { Obstacle } from './pod/pod-context.ts';
import type { Work } from './request/work.ts';

export interface CacheRunReconcilerOptions<T extends KubeObject> {
  readonly kind: RunKind<T>;
  readonly client: KubeClient;
  readonly runs: Informer<T>;
  readonly pods: Informer<Pod>;
  readonly events: EventRecorder;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** For a helper that has to end: time to put away what it has begun. */
const STOP_GRACE_S = 5;
/** When to look again at a pod that was just made, or told to end; the watch is usually first. */
const SOON_MS = 3000;
/** When to ask again for quota. */
const QUOTA_MS = 10_000;

/** Brings runs of CacheFetch and CacheUpload to their end, one pod an attempt. All state is in the API. */
export class CacheRunReconciler<T extends KubeObject> implements Reconciler {
  readonly #options: CacheRunReconcilerOptions<T>;
  readonly #maker: PodMaker;

  constructor(options: CacheRunReconcilerOptions<T>) {
    this.#options = options;
    this.#maker = new PodMaker({ ...options, resource: options.kind.resource });
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { kind, runs, config } = this.#options;
    const object = runs.get(key);
    const run = object && kind.toCustomRun(object);
    if (!run || !isOfGroup(run, GROUP) || run.metadata.deletionTimestamp) return {};
    await this.#deleteStalePods(run, signal);
    if (isDone(run)) return {};

    const found = await this.#findPod(run, signal);
    const nameTaken = found !== undefined && !isOwnedBy(found, run);
    const pod = nameTaken ? undefined : found;
    const decision = decide({ run, pod, nameTaken, config: config(), reasons: kind.reasons, now: new Date() });
    if (decision.do === 'nothing') return {};
    if (decision.do === 'start') return await this.#start(run, decision.work, signal);
    if (decision.do === 'end') return await this.#end(run, pod, decision, signal);
    await this.#updateStatus(run, decision.progress, signal);
    return Number.isFinite(decision.recheckMs) ? { requeueAfterMs: decision.recheckMs } : {};
  }

  /** The pod of the present attempt. The watch may be behind, so that absence counts only when the API server says so. */
  async #findPod(run: CustomRun, signal: AbortSignal): Promise<Pod | undefined> {
    const { pods, client } = this.#options;
    const { namespace } = run.metadata;
    const name = podNameOf(run, attemptOf(run));
    const known = pods.get(objectKey(namespace, name));
    if (known || run.status?.startTime === undefined) return known;
    return await client.get(PODS, { namespace, name }, signal);
  }

  async #start(run: CustomRun, work: Work, signal: AbortSignal): Promise<ReconcileResult> {
    let made: Pod | Obstacle;
    try {
      made = await this.#maker.make(run, work, signal);
    } catch (error) {
      return await this.#waitOrGiveUp(run, work, error, signal);
    }
    if ('obstacle' in made) return await this.#finish(run, podFailed(this.#subject(run), made.obstacle), signal);
    this.#log(run).info('made the helper pod', { pod: made.metadata.name, attempt: attemptOf(run) });
    await this.#updateStatus(run, { verb: work.request.verb, pod: made.metadata.name }, signal);
    return { requeueAfterMs: SOON_MS };
  }

  /** What may pass is waited for as long as a pod may wait for a node, and the run tells of it. */
  async #waitOrGiveUp(run: CustomRun, work: Work, error: unknown, signal: AbortSignal): Promise<ReconcileResult> {
    // A server that gives no answer takes no status either.
    if (!(error instanceof ApiError) || error.status === 0) throw error;
    const refusedForGood = isRefused(error) && !isOverQuota(error);
    if (refusedForGood || this.#isOutOfPatience(run)) {
      const message = `The helper pod was refused: ${error.detail}`;
      return await this.#finish(run, podFailed(this.#subject(run), message), signal);
    }
    await this.#updateStatus(run, { verb: work.request.verb, trouble: error.detail }, signal);
    if (isOverQuota(error)) return { requeueAfterMs: Math.min(QUOTA_MS, timeLeftMs(run, new Date())) };
    throw error;
  }

  #subject(run: CustomRun): Subject {
    return subjectOf({ run, reasons: this.#options.kind.reasons });
  }

  #isOutOfPatience(run: CustomRun): boolean {
    const since = run.status?.startTime;
    return since !== undefined && Date.now() - Date.parse(since) > this.#options.config().schedulingDeadlineMs;
  }

  async #end(
    run: CustomRun,
    pod: Pod | undefined,
    { completion, stop }: Extract<Decision, { readonly do: 'end' }>,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const mayWork = pod !== undefined && !isAtRest(pod, new Date());
    if (mayWork && stop === 'politely') {
      // A run that is done tells others that nobody writes its workspaces any more.
      if (!pod.metadata.deletionTimestamp) await this.#delete(pod, STOP_GRACE_S, signal);
      return { requeueAfterMs: SOON_MS };
    }
    const result = await this.#finish(run, completion, signal);
    // After the status: the reason of a pod that is gone could not be told any more.
    if (mayWork && stop === 'at-once') await this.#delete(pod, 0, signal);
    if (pod && isKeptBySidecars(pod)) await this.#delete(pod, STOP_GRACE_S, signal);
    return result;
  }

  /** Nothing of an attempt that is over may begin to work, should we have died before we told its pod. */
  async #deleteStalePods(run: CustomRun, signal: AbortSignal): Promise<void> {
    const { client, pods } = this.#options;
    const { namespace } = run.metadata;
    const mayWork = (pod: Pod | undefined) =>
      pod && isOwnedBy(pod, run) && !pod.metadata.deletionTimestamp && !isAtRest(pod, new Date());
    const attemptsOver = attemptOf(run) + (isDone(run) ? 1 : 0);
    for (let attempt = 0; attempt < attemptsOver; attempt += 1) {
      const name = podNameOf(run, attempt);
      if (!mayWork(pods.get(objectKey(namespace, name)))) continue;
      // The watch of pods may be behind that of runs, and a pod that has ended keeps its log.
      const pod = await client.get(PODS, { namespace, name }, signal);
      if (pod && mayWork(pod)) await this.#delete(pod, 0, signal);
    }
  }

  /** The attempt has ended: another one, or the end of the run. */
  async #finish(run: CustomRun, completion: Completion, signal: AbortSignal): Promise<ReconcileResult> {
    const { events, metrics } = this.#options;
    const { message, reason, results, succeeded } = completion;
    if (!succeeded && completion.retriable && attemptOf(run) < (run.spec.retries ?? 0)) {
      await this.#write(run, retryStatus(run, completion, new Date()), signal);
      countAttempt(metrics, run, new Date());
      this.#log(run).info('trying again', { attempt: attemptOf(run), message });
      return { requeueAfterMs: 0 };
    }
    await this.#write(run, endedStatus(run, completion, new Date()), signal);
    countAttempt(metrics, run, new Date());
    countRun(metrics, completion);
    this.#log(run).info('done', { succeeded, reason, result: results['reason'], message });
    const type = succeeded && results['reason'] !== 'pod-failed' ? 'Normal' : 'Warning';
    await events.record({ ...run, ...this.#type() }, { type, reason, message });
    return {};
  }

  async #updateStatus(run: CustomRun, progress: Progress, signal: AbortSignal): Promise<void> {
    const next = progressStatus(run, progress, new Date());
    if (statusChanged(run, next)) await this.#write(run, next, signal);
  }

  /** Only over the version that the decision was made on. */
  async #write(run: CustomRun, status: CustomRunStatus, signal: AbortSignal): Promise<void> {
    const { client, kind, runs } = this.#options;
    runs.observe(await client.patchStatus(kind.resource, run.metadata, status, signal));
  }

  async #delete(pod: Pod, gracePeriodSeconds: number, signal: AbortSignal): Promise<void> {
    const { namespace = '', name, uid = '' } = pod.metadata;
    await this.#options.client.delete(PODS, { namespace, name, uid, gracePeriodSeconds }, signal);
  }

  #type(): { readonly apiVersion: string; readonly kind: string } {
    const { group, version, kind } = this.#options.kind.resource;
    return { apiVersion: `${group}/${version}`, kind };
  }

  #log(run: CustomRun): Log {
    return this.#options.log.child({ run: keyOf(run), uid: run.metadata.uid });
  }
}
