import type { KubeClient } from '../../kube/api/client.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';

/** The registry's own garbage collection. */
export interface Collector {
  start(): Promise<void>;
  /** Ends it, if it is there. */
  stop(): Promise<void>;
  /** Has it collected everything since it was started? */
  hasEnded(): Promise<boolean>;
}

interface Deployment extends KubeObject {
  readonly status?: { readonly readyReplicas?: number };
}

const DEPLOYMENTS: Resource<Deployment> = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' };
const NAME = 'tekton-cache-registry-collector';

/**
 * A Deployment beside the registry, with its image and its storage, and without a pod. The housekeeper scales it up to collect, and its pod is ready
 * when that is done. The right to scale it allows nothing else, while the right to make Jobs would allow any program under any account.
 */
export class DeploymentCollector implements Collector {
  readonly #client: KubeClient;
  readonly #id: { readonly namespace: string; readonly name: string };

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#id = { namespace, name: NAME };
  }

  async start(): Promise<void> {
    await this.#client.patchScale(DEPLOYMENTS, this.#id, 1);
  }

  async stop(): Promise<void> {
    await this.#client.patchScale(DEPLOYMENTS, this.#id, 0);
  }

  async hasEnded(): Promise<boolean> {
    const deployment = await this.#client.get(DEPLOYMENTS, this.#id);
    return (deployment?.status?.readyReplicas ?? 0) > 0;
  }
}
