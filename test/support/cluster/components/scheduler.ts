import { join } from 'node:path';

import { PORTS } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { kubeconfigOf } from '../machine/identities.ts';

export const scheduler = (toolsDirectory: string): Component => ({
  name: 'kube-scheduler',
  command: join(toolsDirectory, 'kube-scheduler'),
  args: [
    `--kubeconfig=${kubeconfigOf('scheduler')}`,
    '--authentication-skip-lookup=true',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${PORTS.scheduler}`,
    '--profiling=false',
  ],
});
