import type { ServiceAccount } from '../kube/resource.ts';

/** Names of the secrets that a service account offers, each once: those for its pods, then those for pulling images. */
export function secretNames(account: ServiceAccount): readonly string[] {
  const references = [...(account.secrets ?? []), ...(account.imagePullSecrets ?? [])];
  return [...new Set(references.map(({ name }) => name).filter((name) => name !== undefined))];
}
