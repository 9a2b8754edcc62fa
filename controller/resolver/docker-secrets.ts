import type { DockerSecrets } from '../../shared/rewrite/plan/identity/credentials.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { readDockerSecrets } from '../tekton/service-account.ts';

interface Accounts {
  readonly namespace: string;
  readonly names: readonly string[];
}

/** The docker secrets of several service accounts. Tekton refuses a run whose account is missing. */
export async function readAccounts(
  client: KubeClient,
  { namespace, names }: Accounts,
  signal: AbortSignal,
): Promise<DockerSecrets> {
  const secrets = names.map(
    async (name) => [name, (await readDockerSecrets(client, { namespace, name }, signal))?.secrets ?? []] as const,
  );
  return Object.fromEntries(await Promise.all(secrets));
}
