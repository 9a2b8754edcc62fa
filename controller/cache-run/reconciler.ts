import type { Verb } from '../../shared/interface/params.ts';
import type { Log } from '../../shared/log.ts';
import type { Config } from '../config/table.ts';
import { isOverQuota } from '../kube/api/api-error.ts';
import type { ApiError } from '../kube/api/api-error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import { keyOf, splitKey } from '../kube/objects/object.ts';
import type { KubeObject, ObjectKey } from '../kube/objects/object.ts';
import type { Pod } from '../kube/objects/pod.ts';
import type { ReconcileResult, Reconciler } from '../kube/work/controller.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { attemptOf, isDone } from '../tekton/custom-run.ts';
import type { CustomRun } from '../tekton/custom-run.ts';
import type { RunKind } from '../tekton/run-kind.ts';
import { decide, subjectOf, timeLeftMs } from './decision.ts';
import type { Decision } from './decision.ts';
import { isAtRest, isKeptBySidecars } from './pod/at-rest.ts';
import { GRACE_S } from './pod/helper-pod.ts';
import type { HelperPods, PodOwner } from './pod/helper-pods.ts';
import { PodMaker } from './pod/pod-maker.ts';
import { refusal } from './pod/refusal.ts';
import type { Turns } from './queue/turns.ts';
import { podFailed } from './status/completion.ts';
import type { Completion } from './status/completion.ts';
import { StatusWriter } from './status/status-writer.ts';
import type { Work } from './request/work.ts';

export interface CacheRunReconcilerOptions<T extends KubeObject> {
  readonly kind: RunKind<T>;
  readonly client: KubeClient;
  /** A run of ours that is not done; nothing for any other. */
  readonly run: (key: ObjectKey) => CustomRun | undefined;
  /** The helper pods of all kinds of runs. */
  readonly pods: HelperPods;
  readonly turns: Turns;
  readonly events: EventRecorder;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Log;
}

type End = Extract<Decision, { readonly do: 'end' }>;

/** When to reconcile again after a pod was made, or told to end; an event mostly comes first. */
const SOON_MS = 3000;
/** The status does not tell of a shorter wait in line. */
const QUEUE_PATIENCE_MS = 1000;
/** When to ask again for quota. */
const QUOTA_MS = 10_000;

/** Brings runs of CacheFetch and CacheUpload to their end, one pod an attempt. All state is in the API. */
export class CacheRunReconciler<T extends KubeObject> implements Reconciler {
  readonly #options: CacheRunReconcilerOptions<T>;
  readonly #maker: PodMaker;
  readonly #status: StatusWriter;

  constructor(options: CacheRunReconcilerOptions<T>) {
    const { resource } = options.kind;
    this.#options = options;
    this.#maker = new PodMaker({ ...options, resource });
    this.#status = new StatusWriter({ ...options, resource });
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { kind, pods, config } = this.#options;
    const run = this.#options.run(key);
    if (!run) return await this.#clearAway(key, signal);
    if (run.metadata.deletionTimestamp) return this.#leaveLine(key);
    const waitMs = this.#status.waitMs(run);
    if (waitMs > 0) return { requeueAfterMs: waitMs };

    await pods.stopStale(run, signal);
    const found = await pods.find(run, signal);
    const decision = decide({ run, ...found, config: config(), reasons: kind.reasons, now: new Date() });
    if (decision.do === 'nothing') return {};
    if (decision.do === 'start') return await this.#start(run, decision.work, signal);
    if (decision.do === 'end') return await this.#end(run, 'pod' in found ? found.pod : undefined, decision, signal);
    const heldBackMs = await this.#status.progress(run, decision.progress, signal);
    const recheckMs = heldBackMs > 0 ? Math.min(heldBackMs, decision.recheckMs) : decision.recheckMs;
    return Number.isFinite(recheckMs) ? { requeueAfterMs: recheckMs } : {};
  }

  /** The run is over, or gone. A controller that died may have left a pod of it that can still begin to work: this stops the pod. */
  async #clearAway(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const { kind, client, pods } = this.#options;
    if (!pods.isAtWork(this.#owner(key))) return this.#leaveLine(key);
    // The garbage collector deletes the pods of a run that is gone.
    const found = await client.get(kind.resource, splitKey(key), signal);
    const run = found && kind.toCustomRun(found);
    if (run && isDone(run)) await pods.stopStale(run, signal);
    return {};
  }

  /** The run gets no pod any more. A finalizer may keep a run that was deleted, and then the run must not keep a turn. */
  #leaveLine(key: ObjectKey): ReconcileResult {
    const { pods, turns } = this.#options;
    const owner = this.#owner(key);
    if (!pods.isAtWork(owner)) turns.release(owner);
    return {};
  }

  async #start(run: CustomRun, work: Work, signal: AbortSignal): Promise<ReconcileResult> {
    const { verb } = work.request;
    if (!this.#options.turns.take(this.#owner(keyOf(run)))) return await this.#queue(run, signal);
    const made = await this.#maker.make(run, work, signal);
    if ('obstacle' in made) return await this.#complete(run, this.#podFailed(run, made.obstacle), signal);
    if ('refusedForNow' in made) return await this.#waitOrGiveUp(run, verb, made.refusedForNow, signal);
    const pod = made.pod.metadata.name;
    this.#options.log.info('made the helper pod', { run: keyOf(run), pod, attempt: attemptOf(run) });
    await this.#status.progress(run, { verb, pod }, signal);
    return { requeueAfterMs: SOON_MS };
  }

  /** `Turns` puts the run into the queue again when its turn has come. */
  async #queue(run: CustomRun, signal: AbortSignal): Promise<ReconcileResult> {
    const patienceMs = QUEUE_PATIENCE_MS - this.#options.turns.waitedMs(this.#owner(keyOf(run)));
    if (patienceMs > 0) return { requeueAfterMs: patienceMs };
    await this.#status.queued(run, signal);
    return {};
  }

  /** The API server refuses the pod for now. The run waits as long as a pod may wait for a node, and its status says why. */
  async #waitOrGiveUp(run: CustomRun, verb: Verb, error: ApiError, signal: AbortSignal): Promise<ReconcileResult> {
    // Another run may get its pod meanwhile.
    this.#options.turns.release(this.#owner(keyOf(run)));
    if (this.#isOutOfPatience(run)) return await this.#complete(run, this.#podFailed(run, refusal(error)), signal);
    await this.#status.progress(run, { verb, trouble: error.detail }, signal);
    if (isOverQuota(error)) return { requeueAfterMs: Math.min(QUOTA_MS, timeLeftMs(run, new Date())) };
    throw error;
  }

  async #end(
    run: CustomRun,
    pod: Pod | undefined,
    { completion, stop }: End,
    signal: AbortSignal,
  ): Promise<ReconcileResult> {
    const { pods } = this.#options;
    const mayWork = pod !== undefined && !isAtRest(pod, new Date());
    if (mayWork && stop === 'politely') {
      // Others take a run that is done as a promise that nobody writes its workspaces any more.
      if (!pod.metadata.deletionTimestamp) await pods.stop(pod, GRACE_S, signal);
      return { requeueAfterMs: SOON_MS };
    }
    const result = await this.#complete(run, completion, signal);
    // The status comes first: once the pod is gone, the successor of a controller that died here could not say why the attempt ended.
    if (mayWork && stop === 'at-once') await pods.stop(pod, 0, signal);
    else if (pod && isKeptBySidecars(pod)) await pods.stop(pod, GRACE_S, signal);
    return result;
  }

  async #complete(run: CustomRun, completion: Completion, signal: AbortSignal): Promise<ReconcileResult> {
    const next = await this.#status.complete(run, completion, signal);
    this.#options.turns.release(this.#owner(keyOf(run)));
    return next === 'retry' ? { requeueAfterMs: 0 } : {};
  }

  #owner(key: ObjectKey): PodOwner {
    return { kind: this.#options.kind.resource.kind, key };
  }

  #podFailed(run: CustomRun, message: string): Completion {
    return podFailed(subjectOf({ run, reasons: this.#options.kind.reasons }), message);
  }

  #isOutOfPatience(run: CustomRun): boolean {
    const since = run.status?.startTime;
    return since !== undefined && Date.now() - Date.parse(since) > this.#options.config().schedulingDeadlineMs;
  }
}
