import type { DockerSecrets } from '../../shared/rewrite/credentials.ts';
import type { KubeClient } from '../kube/client.ts';
import { SERVICE_ACCOUNTS } from '../kube/resource.ts';
import { secretNames } from '../tekton/service-account.ts';

export interface Accounts {
  readonly namespace: string;
  readonly names: readonly string[];
}

/** Which secrets service accounts name; what is in them only the kubelet sees. An account that is missing is Tekton's to refuse. */
export async function readDockerSecrets(
  client: KubeClient,
  { namespace, names }: Accounts,
  signal: AbortSignal,
): Promise<DockerSecrets> {
  const secrets = names.map(async (name) => {
    const account = await client.get(SERVICE_ACCOUNTS, { namespace, name }, signal);
    return [name, account === undefined ? [] : secretNames(account)] as const;
  });
  return Object.fromEntries(await Promise.all(secrets));
}
