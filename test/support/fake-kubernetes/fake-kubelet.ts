import { setTimeout as delay } from 'node:timers/promises';

import { KubeConfig } from '@kubernetes/client-node';

import { messageOf } from '../../../shared/errors.ts';
import { KubeClient } from '../../../controller/kube/api/client.ts';
import { Transport } from '../../../controller/kube/api/transport.ts';
import { Informer } from '../../../controller/kube/informer/informer.ts';
import { keyOf, splitKey } from '../../../controller/kube/objects/object.ts';
import type { ObjectKey } from '../../../controller/kube/objects/object.ts';
import type { Pod } from '../../../controller/kube/objects/pod.ts';
import { PODS } from '../../../controller/kube/objects/resource.ts';
import { createLog } from '../../../shared/log.ts';

interface FakeKubeletOptions {
  /** Of whoever may write the status of pods. */
  readonly kubeconfig: string;
  /** Pods that nobody else takes. */
  readonly schedulerName: string;
  /** Pods that the node can hold. */
  readonly capacity: number;
  /** How long each runs. */
  readonly runMs: number;
  /** What each leaves as its termination message. */
  readonly message: string;
}

interface FakeKubelet {
  /** When each pod was seen first, by namespace and name. */
  readonly seenAt: ReadonlyMap<ObjectKey, number>;
  /** The most pods that were at work at the same time. */
  readonly most: () => number;
  readonly stop: () => Promise<void>;
}

/** Runs pods of one scheduler name on a real API server, without containers: a node of the wanted size on a machine that cannot be one. */
export async function startFakeKubelet(options: FakeKubeletOptions): Promise<FakeKubelet> {
  const { kubeconfig, schedulerName, capacity, runMs, message } = options;
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const transport = new Transport(config);
  const client = new KubeClient(transport);
  const log = createLog({ silent: true });
  const pods = new Informer<Pod>({ client, resource: PODS, log });
  const seenAt = new Map<ObjectKey, number>();
  const waiting: ObjectKey[] = [];
  const running = new Set<Promise<void>>();
  let most = 0;

  const run = async (key: ObjectKey): Promise<void> => {
    const { namespace, name } = splitKey(key);
    await delay(runMs);
    const terminated = { exitCode: 0, message, finishedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') };
    const status = { phase: 'Succeeded', containerStatuses: [containerStatus({ terminated })] };
    await client.patchStatus(PODS, { namespace, name }, status);
  };
  const next = (): void => {
    while (running.size < capacity) {
      const key = waiting.shift();
      if (key === undefined) return;
      const work = run(key)
        .catch((error: unknown) => void process.stderr.write(`fake kubelet: ${messageOf(error)}\n`))
        .finally(() => {
          running.delete(work);
          next();
        });
      running.add(work);
      most = Math.max(most, running.size);
    }
  };
  pods.onEvent(({ type, object }) => {
    const key = keyOf(object);
    if (type === 'delete' || object.spec.schedulerName !== schedulerName || seenAt.has(key)) return;
    seenAt.set(key, Date.now());
    waiting.push(key);
    next();
  });
  pods.start();
  await pods.synced();
  return {
    seenAt,
    most: () => most,
    stop: async () => {
      await pods.stop();
      await Promise.all(running);
      transport.close();
    },
  };
}

/** As a kubelet writes it: with the fields that the API server wants. */
function containerStatus(state: object): object {
  return { name: 'cache', image: 'none', imageID: '', ready: false, restartCount: 0, state };
}
