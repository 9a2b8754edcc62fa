import { dockerSecret } from '../../shared/request/docker-secret.ts';
import type { DockerSecret } from '../../shared/request/docker-secret.ts';
import { isForbidden } from '../kube/api/api-error.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { SECRETS, SERVICE_ACCOUNTS } from '../kube/objects/resource.ts';
import type { ServiceAccount } from '../kube/objects/resource.ts';

interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** Names of the secrets that a service account offers, each once: those for its pods, then those for pulling images. */
export function secretNames(account: ServiceAccount): readonly string[] {
  const references = [...(account.secrets ?? []), ...(account.imagePullSecrets ?? [])];
  return [...new Set(references.map(({ name }) => name).filter((name) => name !== undefined))];
}

/** The secrets of an account, as far as anybody but the kubelet may know them. */
export interface AccountSecrets {
  readonly secrets: readonly DockerSecret[];
  /** We may not look at their annotations, so that those of the type basic-auth are not used. */
  readonly unseen: boolean;
}

/** The secrets of an account, or nothing when there is no such account. What is in them only the kubelet sees. */
export async function readDockerSecrets(
  client: KubeClient,
  account: SecretName,
  signal: AbortSignal,
): Promise<AccountSecrets | undefined> {
  const { namespace } = account;
  const found = await client.get(SERVICE_ACCOUNTS, account, signal);
  if (!found) return undefined;
  const names = secretNames(found);
  const annotations = await Promise.all(names.map((name) => annotationsOf(client, { namespace, name }, signal)));
  return {
    secrets: names.map((name, at) => dockerSecret(name, annotations[at] ?? {})),
    unseen: annotations.includes(undefined),
  };
}

/** Returns undefined where the controller has no right to read secrets. manifests/overlays/basic-auth grants it, as only basic-auth secrets need it. */
async function annotationsOf(
  client: KubeClient,
  id: SecretName,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return (await client.getMetadata(SECRETS, id, signal))?.metadata.annotations ?? {};
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
