import type { LocalCluster } from '../cluster/cluster.ts';
import { openLocalCluster } from '../cluster/cluster.ts';
import { until } from '../deadline.ts';
import type { KubeApi, KubeObject } from '../kube/kube-api.ts';
import type { ControllerProcess } from './controller-process.ts';
import { startController } from './controller-process.ts';
import { provideImage } from './install.ts';
import { readFolder } from './yaml-files.ts';

/** The product as it is in the work tree, installed in the cluster of the bench; its controller is a process of this machine. */
export interface Product {
  readonly cluster: LocalCluster;
  readonly image: string;
  /** Registry as pods name it, allowed for plain HTTP. */
  readonly registry: string;
  /** One more controller, or one after the other was stopped. */
  readonly startController: (kubeconfig?: string) => Promise<ControllerProcess>;
  /** The one that runs from the start. */
  controller: ControllerProcess;
  readonly close: () => Promise<void>;
}

/** What the tests need to end soon. Helper pods wait for each other's processors here. */
const CONFIG = {
  'scheduling-deadline': '15s',
  'start-deadline': '30s',
  resources: '{requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 512Mi}}',
};

/** Nothing with a cluster that is not the bench's: these tests look into the machine it runs on. */
export async function openProduct(): Promise<Product | undefined> {
  const cluster = await openLocalCluster();
  if (!cluster) return undefined;
  const { registry } = cluster.state;
  const image = await provideImage(cluster);
  const restoreConfig = await installRules(cluster);
  const restoreInstalled = await sendAwayInstalled(cluster.api);
  const start = async (kubeconfig = cluster.kubeconfigOf('cacheController')) =>
    await startController({ kubeconfig, image });
  const product: Product = {
    cluster,
    image,
    registry: registry.pods,
    startController: start,
    controller: await start(),
    close: async () => {
      await product.controller.stop();
      await restoreConfig();
      await restoreInstalled();
      cluster.close();
    },
  };
  return product;
}

/** A controller that the demo, or somebody, left in the cluster would do the work that tests count. Returns how to bring it back. */
async function sendAwayInstalled(api: KubeApi): Promise<() => Promise<void>> {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: 'tekton-cache',
    name: 'tekton-cache-controller',
  };
  const found = await api.find<KubeObject & { readonly spec: { readonly replicas?: number } }>(deployment);
  if (!found) return async () => undefined;
  const { replicas = 1 } = found.spec;
  await api.patch(deployment, { spec: { replicas: 0 } });
  const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'tekton-cache' };
  const label = 'app.kubernetes.io/name=tekton-cache-controller';
  await until('the installed controller to go', 60_000, async () => (await api.list(pods, label)).length === 0);
  return async () => void (await api.patch(deployment, { spec: { replicas } }));
}

/** Everything but the Deployment, with a configuration for tests. Returns how to have the configuration of before. */
async function installRules({ api, state }: LocalCluster): Promise<() => Promise<void>> {
  const name = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-cache', name: 'tekton-cache-config' };
  const before = await api.find<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(name);
  for (const object of await readFolder('manifests')) {
    if (object.kind !== 'Deployment') await api.apply(object);
  }
  const data = { ...CONFIG, 'insecure-registries': state.registry.pods };
  await api.patch(name, { data });
  const restored = Object.fromEntries(Object.keys(data).map((key) => [key, before?.data?.[key] ?? null]));
  return async () => void (await api.patch(name, { data: restored }));
}
