import { KubeConfig } from '@kubernetes/client-node';

import { KubeClient } from './client.ts';
import { Transport } from './transport.ts';

/** The cluster that KUBECONFIG, `~/.kube/config` or the pod's service account names. */
export function connect(): KubeClient {
  const config = new KubeConfig();
  config.loadFromDefault();
  return new KubeClient(new Transport(config));
}
