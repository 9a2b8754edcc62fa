import type { KubeClient, Selection } from '../../kube/api/client.ts';
import type { Log } from '../../../shared/log.ts';
import { Informer } from '../../kube/informer/informer.ts';
import { controllerOf, isOwnedBy, keyOf, objectKey } from '../../kube/objects/object.ts';
import type { ObjectKey } from '../../kube/objects/object.ts';
import type { Pod } from '../../kube/objects/pod.ts';
import { PODS } from '../../kube/objects/resource.ts';
import { attemptOf, isDone } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import { isLabelledHelper, MANAGED_BY } from '../../helper-label.ts';
import { podNameOf } from './helper-pod.ts';
import { isAtRest, isLeftToSidecars } from './at-rest.ts';
import { isFinished, keptPod } from './kept-pod.ts';

/** The run that a pod says it works for. */
export interface PodOwner {
  readonly kind: string;
  readonly key: ObjectKey;
}

/** What has the name of an attempt's pod. */
type FoundPod =
  | { readonly pod: Pod | undefined }
  /** A pod that is none of the run has the name. */
  | { readonly nameTaken: true };

const HELPER_PODS: Selection = {
  labelSelector: Object.entries(MANAGED_BY)
    .map(([name, value]) => `${name}=${value}`)
    .join(','),
};

/** Helper pods of all runs: what the watch says of them, and what the API server says where that is not enough. */
export class HelperPods {
  readonly #client: KubeClient;
  /** The one watch of helper pods, for the controllers of all kinds of runs. */
  readonly informer: Informer<Pod>;
  readonly #now: () => Date;
  /** Keys of the pods that have not finished, by their owner. */
  readonly #unfinished = new Map<string, Set<ObjectKey>>();

  constructor(client: KubeClient, log: Log, now = (): Date => new Date()) {
    this.#client = client;
    this.#now = now;
    this.informer = new Informer<Pod>({ client, resource: PODS, selection: HELPER_PODS, keep: keptPod, log });
    this.informer.onEvent(({ type, object }) => this.#note(object, type !== 'delete' && !isFinished(object)));
  }

  /** Calls the handler for each change of a pod. `mayWork`: the owner has a pod that may still work. */
  onChange(handler: (owner: PodOwner, mayWork: boolean) => void): void {
    this.informer.onEvent(({ object }) => {
      const owner = ownerOf(object);
      if (owner) handler(owner, this.isAtWork(owner));
    });
  }

  /** Pods that have finished, as far as the informer keeps them, and pods that only other containers keep. */
  *ended(): Generator<{ readonly owner: PodOwner; readonly pod: Pod }> {
    for (const pod of this.informer.values()) {
      const owner = ownerOf(pod);
      if (owner && (isFinished(pod) || isLeftToSidecars(pod, this.#now()))) yield { owner, pod };
    }
  }

  /** True when a pod of this run may still work. A pod on a lost node stays for days, and no event tells when its grace period is over. */
  isAtWork(owner: PodOwner): boolean {
    const pods = [...(this.#unfinished.get(idOf(owner)) ?? [])].map((key) => this.informer.get(key));
    return pods.some((pod) => pod !== undefined && !isAtRest(pod, this.#now()));
  }

  /** The pod of the present attempt. The watch may be behind, so a pod counts as absent only when the API server says so. */
  async find(run: CustomRun, signal: AbortSignal): Promise<FoundPod> {
    const { namespace } = run.metadata;
    const name = podNameOf(run, attemptOf(run));
    const known = this.informer.get(objectKey(namespace, name));
    const tellsAll = known ? !isFinished(known) : run.status?.startTime === undefined;
    // The watch has pods with the label alone, and does not keep the labels of those that have finished.
    if (tellsAll) return known && !isOwnedBy(known, run) ? { nameTaken: true } : { pod: known };
    const pod = await this.#client.get(PODS, { namespace, name }, signal);
    return pod && !isHelperPodOf(pod, run) ? { nameTaken: true } : { pod };
  }

  /** Stops pods of attempts that are over: the controller may have died before it did. */
  async stopStale(run: CustomRun, signal: AbortSignal): Promise<void> {
    const { namespace } = run.metadata;
    const attemptsOver = attemptOf(run) + (isDone(run) ? 1 : 0);
    for (let attempt = 0; attempt < attemptsOver; attempt += 1) {
      const name = podNameOf(run, attempt);
      if (!mayWork(this.informer.get(objectKey(namespace, name)), run, this.#now())) continue;
      // The watch of pods may be behind. A pod that has ended must not be deleted, as its log goes with it.
      const pod = await this.#client.get(PODS, { namespace, name }, signal);
      if (pod && mayWork(pod, run, this.#now())) await this.stop(pod, 0, signal);
    }
  }

  /** @param graceSeconds What the helper has to put away what it has begun. */
  async stop({ metadata }: Pod, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const { namespace = '', name, uid = '' } = metadata;
    await this.#client.delete(PODS, { namespace, name, uid, gracePeriodSeconds: graceSeconds }, signal);
  }

  #note(pod: Pod, isUnfinished: boolean): void {
    const owner = ownerOf(pod);
    if (!owner) return;
    const pods = this.#unfinished.get(idOf(owner)) ?? new Set();
    if (isUnfinished) pods.add(keyOf(pod));
    else pods.delete(keyOf(pod));
    if (pods.size > 0) this.#unfinished.set(idOf(owner), pods);
    else this.#unfinished.delete(idOf(owner));
  }
}

/** Whoever may make pods may write an owner into one; with the admission policy for stamps nobody else writes the label. */
export function isHelperPodOf(pod: Pod, run: CustomRun): boolean {
  return isOwnedBy(pod, run) && isLabelledHelper(pod);
}

const idOf = ({ kind, key }: PodOwner): string => `${kind} ${key}`;

function ownerOf(pod: Pod): PodOwner | undefined {
  const owner = controllerOf(pod);
  return owner && { kind: owner.kind, key: objectKey(pod.metadata.namespace, owner.name) };
}

function mayWork(pod: Pod | undefined, run: CustomRun, now: Date): boolean {
  return pod !== undefined && isHelperPodOf(pod, run) && !pod.metadata.deletionTimestamp && !isAtRest(pod, now);
}
