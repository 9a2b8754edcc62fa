import type { Log } from '../../shared/log.ts';
import type { Config } from '../config/table.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { Controller, enqueue } from '../kube/work/controller.ts';
import type { EventRecorder } from '../kube/events.ts';
import { Informer } from '../kube/informer/informer.ts';
import { controllerOf, objectKey } from '../kube/objects/object.ts';
import type { KubeObject } from '../kube/objects/object.ts';
import type { Pod } from '../kube/objects/pod.ts';
import { PODS } from '../kube/objects/resource.ts';
import { WorkQueue } from '../kube/work/work-queue.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { RunKind } from '../tekton/run-kind.ts';
import { MANAGED_BY } from './pod/helper-pod.ts';
import { CacheRunReconciler } from './reconciler.ts';

export interface CacheRunControllerOptions<T extends KubeObject> {
  readonly kind: RunKind<T>;
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Runs that wait for the API server at the same time; they do nothing else for long. */
const WORKERS = 8;

/** Follows the runs of one kind and the helper pods that belong to them. */
export function cacheRunController<T extends KubeObject>(options: CacheRunControllerOptions<T>): Controller {
  const { kind, client, metrics, log } = options;
  const queue = new WorkQueue();
  const runs = new Informer({ client, resource: kind.resource, log });
  const labelSelector = Object.entries(MANAGED_BY).map(([name, value]) => `${name}=${value}`);
  const pods = new Informer<Pod>({
    client,
    resource: PODS,
    selection: { labelSelector: labelSelector.join(',') },
    log,
  });

  runs.onEvent(enqueue(queue));
  pods.onEvent(({ object }) => {
    const owner = controllerOf(object);
    if (owner?.kind === kind.resource.kind) queue.add(objectKey(object.metadata.namespace, owner.name));
  });
  const reconciler = new CacheRunReconciler({ ...options, runs, pods });
  return new Controller({
    name: kind.resource.plural,
    sources: [runs, pods],
    queue,
    reconciler,
    workers: WORKERS,
    metrics,
    log,
  });
}
