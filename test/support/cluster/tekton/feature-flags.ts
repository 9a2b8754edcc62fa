import type { KubeApi, KubeObject } from '../../kube/kube-api.ts';

const FLAGS = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-pipelines', name: 'feature-flags' } as const;
type Flags = Readonly<Record<string, string>>;

/**
 * Sets feature flags of Tekton, which are those of all namespaces. Returns how to have those of before. Tekton watches them: what is
 * created about a second later goes by them.
 */
export async function setFeatureFlags(api: KubeApi, flags: Flags): Promise<() => Promise<void>> {
  const before = await api.get<KubeObject & { readonly data?: Flags }>(FLAGS);
  await api.patch(FLAGS, { data: flags });
  const restored = Object.fromEntries(Object.keys(flags).map((name) => [name, before.data?.[name] ?? null]));
  return async () => void (await api.patch(FLAGS, { data: restored }));
}
