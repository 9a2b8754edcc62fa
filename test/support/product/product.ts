import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import type { LocalCluster } from '../cluster/cluster.ts';
import { openLocalCluster } from '../cluster/cluster.ts';
import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';
import { buildProductImage } from '../image/product/product-image.ts';
import { pushImage } from '../image/push.ts';
import type { KubeApi, KubeObject } from '../kube/kube-api.ts';
import type { ControllerProcess } from './controller-process.ts';
import { startController } from './controller-process.ts';

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

const MANIFESTS = join(import.meta.dirname, '..', '..', '..', 'manifests');

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
  const image = await publishImage(`${registry.host}/tekton-cache`);
  await install(cluster);
  const restore = await sendAwayInstalled(cluster.api);
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
      await restore();
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

/** Named by digest: a node that has pulled a tag does not ask for it again. */
async function publishImage(repository: string): Promise<string> {
  const layout = cacheDirectory('images', 'tekton-cache-test');
  const { descriptor } = await buildProductImage(layout, `${repository}:test`);
  await pushImage(layout, `${repository}:test`);
  return `${repository}@${descriptor.digest}`;
}

/** Everything but the Deployment. */
async function install({ state, local }: LocalCluster): Promise<void> {
  const files = (await readdir(MANIFESTS)).filter((file) => /^[1-3]\d\d-.*\.yaml$/.test(file)).sort();
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'tekton-cache-config', namespace: 'tekton-cache' },
    data: { ...CONFIG, 'insecure-registries': state.registry.pods },
  };
  const apply = ['apply', '--server-side', '--force-conflicts', '-o', 'name'];
  const options = { env: { KUBECONFIG: state.kubeconfig } };
  const kubectl = join(local.tools.kubernetes, 'kubectl');
  await runCommand(kubectl, [...apply, ...files.flatMap((file) => ['-f', join(MANIFESTS, file)])], options);
  await runCommand(kubectl, [...apply, '-f', '-'], { ...options, input: JSON.stringify(config) });
}
