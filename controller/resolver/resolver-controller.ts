import type { Log } from '../../shared/log.ts';
import { RESOLVERS } from '../../shared/rewrite/tekton/read/reference.ts';
import type { Config } from '../config/table.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { Controller, enqueue } from '../kube/work/controller.ts';
import { Informer } from '../kube/informer/informer.ts';
import { controllerOf, objectKey } from '../kube/objects/object.ts';
import { WorkQueue } from '../kube/work/work-queue.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { RESOLUTION_REQUESTS, RESOLVER_LABEL } from '../tekton/resolution-request.ts';
import { NESTED_LABEL } from './nested-request.ts';
import { ResolverReconciler } from './reconciler.ts';
import { RewritingThread } from './rewriting-thread.ts';

interface ResolverControllerOptions {
  readonly client: KubeClient;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Log;
}

const WORKERS = 8;
/** A request lives for a minute: waits between tries are short. */
const RETRY = { firstMs: 100, maxMs: 5000 };

/** Follows the requests for our resolvers, and our own requests to others. */
export function resolverController({ client, config, metrics, log }: ResolverControllerOptions): Controller {
  const queue = new WorkQueue(RETRY);
  const resource = RESOLUTION_REQUESTS;
  const labelSelector = `${RESOLVER_LABEL} in (${RESOLVERS.join(',')})`;
  const requests = new Informer({ client, resource, selection: { labelSelector }, log });
  const nested = new Informer({ client, resource, selection: { labelSelector: `${NESTED_LABEL}=true` }, log });
  requests.onEvent(enqueue(queue));
  nested.onEvent(({ object }) => {
    const owner = controllerOf(object);
    if (owner !== undefined) queue.add(objectKey(object.metadata.namespace, owner.name));
  });
  const reconciler = new ResolverReconciler({
    client,
    request: (key) => requests.get(key),
    nested: (namespace, name) => nested.get(objectKey(namespace, name)),
    config,
    thread: new RewritingThread(),
    metrics,
    log,
  });
  return new Controller({
    name: resource.plural,
    sources: [requests, nested],
    queue,
    reconciler,
    workers: WORKERS,
    metrics,
    log,
  });
}
