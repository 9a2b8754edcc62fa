import { KubeConfig } from '@kubernetes/client-node';

import { KubeClient } from './client.ts';
import { Transport } from './transport.ts';

/** The cluster that KUBECONFIG, `~/.kube/config` or the pod's service account names. `timeoutMs`: of a call, where it is not 30 s. */
export function connect(timeoutMs?: number): KubeClient {
  const config = new KubeConfig();
  config.loadFromDefault();
  return new KubeClient(new Transport(config), timeoutMs);
}
