import { accountsOf } from '../../shared/rewrite/credentials.ts';
import type { DockerSecrets } from '../../shared/rewrite/credentials.ts';
import type { Run } from '../../shared/rewrite/tekton.ts';
import type { KubeClient } from '../kube/client.ts';
import { SERVICE_ACCOUNTS } from '../kube/resource.ts';
import { secretNames } from '../tekton/service-account.ts';

/** Which secrets the service accounts of a run name; what is in them only the kubelet sees. An account that is missing is Tekton's to refuse. */
export async function readDockerSecrets(client: KubeClient, run: Run, signal: AbortSignal): Promise<DockerSecrets> {
  const { namespace = '' } = run.metadata;
  const accounts = accountsOf(run).map(async (name) => {
    const account = await client.get(SERVICE_ACCOUNTS, { namespace, name }, signal);
    return [name, account === undefined ? [] : secretNames(account)] as const;
  });
  return Object.fromEntries(await Promise.all(accounts));
}
