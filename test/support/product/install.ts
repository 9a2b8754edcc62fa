import { cacheDirectory } from '../cache-directory.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { buildProductImage } from '../image/product/product-image.ts';
import { pushImage } from '../image/push.ts';
import type { KubeObject, NewObject } from '../kube/kube-api.ts';
import { readFolder } from './yaml-files.ts';

const NAMESPACE = 'tekton-cache';
const DEPLOYMENT = 'tekton-cache-controller';

interface Deployment extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** Builds the image of the product and pushes it to the cluster's registry; returns its name, by digest. */
export const provideImage = async (cluster: Cluster): Promise<string> => {
  const layout = cacheDirectory('images', 'tekton-cache');
  const repository = `${cluster.state.registry.host}/tekton-cache`;
  const { descriptor } = await buildProductImage(layout, `${repository}:dev`);
  await pushImage(layout, `${repository}:dev`);
  return `${repository}@${descriptor.digest}`;
};

/** Applies `manifests/` with an image and waits until the controller answers. `configuration` overrides keys of the ConfigMap. */
export const install = async (
  { api }: Cluster,
  image: string,
  configuration: Readonly<Record<string, string>>,
): Promise<void> => {
  for (const object of await readFolder('manifests')) await api.apply(withImage(object, image));
  const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'tekton-cache-config' };
  await api.patch(config, { data: configuration });
  await api.waitFor<Deployment>(
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name: DEPLOYMENT },
    ({ metadata, status }) =>
      status?.observedGeneration === metadata.generation && status?.updatedReplicas === 1 && status.readyReplicas === 1,
    120_000,
  );
};

/** What `kustomize edit set image` does: the name that the manifests use stands for an image. */
const withImage = (object: NewObject, image: string): NewObject => {
  const filled: NewObject = JSON.parse(
    JSON.stringify(object, (key, value: unknown) =>
      value === 'tekton-cache' && (key === 'image' || key === 'value') ? image : value,
    ),
  );
  return filled;
};
