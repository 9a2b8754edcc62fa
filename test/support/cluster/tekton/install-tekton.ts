import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { startComponent } from '../machine/component.ts';
import {
  tektonController,
  tektonManifests,
  tektonResolvers,
  tektonWebhook,
  tektonWebhookService,
} from '../components/tekton.ts';
import { kubeconfigOf } from '../machine/identities.ts';
import { applyAll } from './kubectl.ts';

interface TektonOptions {
  readonly kubernetesTools: string;
  readonly tektonTools: string;
  /** Tekton's own resolvers (git, http, cluster, ...). */
  readonly resolvers: boolean;
}

const PROBE = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'probe', namespace: 'default' },
  spec: { taskSpec: { steps: [{ name: 'probe', image: 'none', command: ['true'] }] } },
};

/** Until the webhook has certificates and rules, writes are refused; after that it fills in the defaults. */
const isDefaulting = async (kubernetesTools: string): Promise<boolean> => {
  const answer = await runCommand(
    join(kubernetesTools, 'kubectl'),
    ['create', '--dry-run=server', '-f', '-', '-o', 'jsonpath={.spec.timeout} {.spec.serviceAccountName}'],
    { env: { KUBECONFIG: kubeconfigOf('admin') }, input: JSON.stringify(PROBE) },
  ).catch(() => '');
  return answer === '1h0m0s default';
};

/** Applies an unchanged Tekton release and runs its Deployments as processes of the host. */
export const installTekton = async (options: TektonOptions): Promise<void> => {
  const { kubernetesTools, tektonTools, resolvers } = options;
  const manifests = await tektonManifests(tektonTools);
  await applyAll(kubernetesTools, [manifests.namespace]);
  await applyAll(kubernetesTools, manifests.base);
  await applyAll(kubernetesTools, [manifests.webhooks], tektonWebhookService());
  await Promise.all([
    startComponent({ ...tektonWebhook(tektonTools), ready: () => isDefaulting(kubernetesTools) }),
    startComponent(tektonController(tektonTools)),
  ]);
  if (resolvers) {
    const [namespace, ...others] = manifests.resolvers;
    await applyAll(kubernetesTools, namespace === undefined ? [] : [namespace]);
    await applyAll(kubernetesTools, others);
    await startComponent(tektonResolvers(tektonTools));
  }
};
