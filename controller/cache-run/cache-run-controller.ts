import { Informer } from '../kube/informer/informer.ts';
import type { KubeObject, ObjectKey } from '../kube/objects/object.ts';
import { Controller, enqueue } from '../kube/work/controller.ts';
import { WorkQueue } from '../kube/work/work-queue.ts';
import { isDone, isOfGroup } from '../tekton/custom-run.ts';
import type { CustomRun } from '../tekton/custom-run.ts';
import type { PodOwner } from './pod/helper-pods.ts';
import { PodSweeper } from './pod/pod-sweeper.ts';
import { CacheRunReconciler } from './reconciler.ts';
import type { CacheRunReconcilerOptions } from './reconciler.ts';
import { GROUP } from './request/cache-kind.ts';

type CacheRunControllerOptions<T extends KubeObject> = Omit<CacheRunReconcilerOptions<T>, 'run'>;

/** Runs that are reconciled at the same time. Each mostly waits for the API server, whose webhooks are slow when it is busy. */
const WORKERS = 24;

/** Follows the runs of one kind and the helper pods that belong to them. Runs of others, and those that are done, are not kept. */
export function cacheRunController<T extends KubeObject>(options: CacheRunControllerOptions<T>): Controller {
  const { kind, client, config, pods, turns, metrics, log } = options;
  const queue = new WorkQueue();
  const keep = (object: T): T | undefined => (isOurWork(kind.toCustomRun(object)) ? object : undefined);
  const runs = new Informer({ client, resource: kind.resource, keep, log });
  const run = (key: ObjectKey): CustomRun | undefined => {
    const object = runs.get(key);
    return object && kind.toCustomRun(object);
  };

  runs.onEvent(enqueue(queue));
  pods.onChange(({ kind: ownerKind, key }, mayWork) => {
    if (ownerKind !== kind.resource.kind) return;
    // Most pods of a list have finished long ago, and so have their runs.
    if (mayWork || runs.get(key)) queue.add(key);
  });
  turns.onTurn((owner) => {
    if (owner.kind === kind.resource.kind) queue.add(owner.key);
  });
  const isOver = (owner: PodOwner): boolean => owner.kind === kind.resource.kind && !runs.get(owner.key);
  const sweeper = new PodSweeper({ pods, policy: config, isOver, log });
  return new Controller({
    name: kind.resource.plural,
    sources: [runs, pods.informer],
    queue,
    reconciler: new CacheRunReconciler({ ...options, run }),
    workers: WORKERS,
    chores: [sweeper],
    metrics,
    log,
  });
}

function isOurWork(run: CustomRun): boolean {
  return isOfGroup(run, GROUP) && !isDone(run);
}
