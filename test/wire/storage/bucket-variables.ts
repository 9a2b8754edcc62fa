import type { NewObject } from '../../support/kube/kube-api.ts';

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom?: readonly object[];
  readonly resources?: { readonly limits?: object };
}

interface Workload {
  readonly template: { readonly spec: { readonly containers: readonly [Container] } };
}

/** The first container of a Deployment. */
export const containerOf = (objects: readonly NewObject[], deployment: string): Container => {
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === deployment);
  if (!found) throw new Error(`there is no Deployment ${deployment}`);
  const [container] = (found['spec'] as Workload).template.spec.containers;
  return container;
};

/** What its variables say of the storage. */
export const variablesOf = (objects: readonly NewObject[], deployment: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (containerOf(objects, deployment).env ?? [])
      .filter(({ name }) => name.startsWith('REGISTRY_STORAGE'))
      .map(({ name, value = '' }) => [name, value]),
  );
