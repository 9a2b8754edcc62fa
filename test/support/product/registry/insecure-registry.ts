import type { Cluster } from '../../cluster/cluster.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-cache', name: 'tekton-cache-config' } as const;

/** Lets `insecure` be used for a registry of a test's own, besides that of the bench. Returns how to have it as before. */
export async function allowInsecure({ api, state }: Cluster, registry: string): Promise<() => Promise<void>> {
  const { pods } = state.registry;
  const allow = async (registries: string): Promise<void> =>
    void (await api.patch(CONFIG, { data: { 'insecure-registries': registries } }));
  await allow(`${pods},${registry}`);
  return async () => await allow(pods);
}
