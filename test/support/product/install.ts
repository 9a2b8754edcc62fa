import { join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import type { Cluster, LocalCluster } from '../cluster/cluster.ts';
import { until } from '../deadline.ts';
import { buildProductImage } from '../image/product/product-image.ts';
import { pushImage } from '../image/push.ts';
import type { KubeApi, KubeObject, NewObject } from '../kube/kube-api.ts';
import { releaseManifest } from '../release/manifests.ts';
import { parseObjects, readObjects } from './yaml-files.ts';

const NAMESPACE = 'tekton-cache';
const CONTROLLER = 'tekton-cache-controller';
const BASIC_AUTH = 'manifests/overlays/basic-auth/200-secrets.yaml';
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: CONTROLLER };
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'tekton-cache-config' };

/** What the tests need to end soon. Helper pods wait for each other's processors here. */
const TEST_CONFIG = {
  'scheduling-deadline': '15s',
  'start-deadline': '30s',
  resources: '{requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 512Mi}}',
  // What somebody may have left.
  registry: '',
  'registry-realm': '',
  'registry-certificates': 'given',
};

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number };
}

/** Builds the image of the product and pushes it to the cluster's registry; returns its name, by digest. */
export const provideImage = async (cluster: Cluster): Promise<string> => {
  const layout = cacheDirectory('images', 'tekton-cache');
  const repository = `${cluster.state.registry.host}/tekton-cache`;
  const { descriptor } = await buildProductImage(layout, `${repository}:dev`);
  await pushImage(layout, `${repository}:dev`);
  return `${repository}@${descriptor.digest}`;
};

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

/** What `release.yaml` of a release with this image holds. */
const releaseObjects = async (image: string): Promise<readonly NewObject[]> =>
  parseObjects(await releaseManifest(REPOSITORY, image), 'release.yaml');

/** Everything but the Deployment, the rights for basic-auth secrets included, with a configuration for tests, which `configuration` overrides. Returns how to have the configuration of before. */
export const installRules = async (
  { api, state }: LocalCluster,
  configuration: Readonly<Record<string, string>> = {},
): Promise<() => Promise<void>> => {
  const before = await api.find<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(CONFIG_MAP);
  for (const object of [...(await releaseObjects('tekton-cache')), ...(await readObjects(BASIC_AUTH))]) {
    if (object.kind !== 'Deployment') await api.apply(object);
  }
  const data = { ...TEST_CONFIG, ...configuration, 'insecure-registries': state.registry.pods };
  await api.patch(CONFIG_MAP, { data });
  const restored = Object.fromEntries(Object.keys(data).map((key) => [key, before?.data?.[key] ?? null]));
  return async () => void (await api.patch(CONFIG_MAP, { data: restored }));
};

/** A controller that the demo, or somebody, left in the cluster would do the work that tests count. Returns how to bring it back. */
export const sendAwayInstalled = async (api: KubeApi): Promise<() => Promise<void>> => {
  const found = await api.find<Deployment>(DEPLOYMENT);
  if (!found) return async () => undefined;
  const { replicas = 1 } = found.spec;
  await api.patch(DEPLOYMENT, { spec: { replicas: 0 } });
  const pods = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE };
  const label = `app.kubernetes.io/name=${CONTROLLER}`;
  await until('the installed controller to go', 60_000, async () => (await api.list(pods, label)).length === 0);
  return async () => void (await api.patch(DEPLOYMENT, { spec: { replicas } }));
};
