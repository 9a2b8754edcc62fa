import { join } from 'node:path';

import { PORTS } from '../machine/addresses.ts';
import { AUTHORITY, SERVICE_ACCOUNTS } from '../machine/certificates.ts';
import type { Component } from '../machine/component.ts';
import { kubeconfigOf } from '../machine/identities.ts';

export const controllerManager = (toolsDirectory: string): Component => ({
  name: 'kube-controller-manager',
  command: join(toolsDirectory, 'kube-controller-manager'),
  args: [
    `--kubeconfig=${kubeconfigOf('controllerManager')}`,
    // There is no aggregation layer whose certificates it could look up.
    '--authentication-skip-lookup=true',
    `--service-account-private-key-file=${SERVICE_ACCOUNTS.key}`,
    `--root-ca-file=${AUTHORITY.certificate}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    // The default of 20 requests a second delays the first service account by 6 s.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    // The default of 15 s is what a claim waits that was created at the same time as its volume.
    '--pvclaimbinder-sync-period=1s',
    '--bind-address=127.0.0.1',
    `--secure-port=${PORTS.controllerManager}`,
    '--profiling=false',
  ],
});
