import { join } from 'node:path';

import { NETWORK } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES } from '../machine/directories.ts';
import { kubeconfigOf } from '../machine/identities.ts';

const configurationFile = join(DIRECTORIES.configuration, 'Corefile');

// Names outside of the cluster do not exist: without `template` they would be errors, and lookups would be repeated for seconds.
const corefile = `. {
  bind ${NETWORK.nodeAddress}
  errors
  cache 2
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfigOf('dns')} local
    ttl 2
  }
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;

export const dns = (toolsDirectory: string): Component => ({
  name: 'dns',
  command: join(toolsDirectory, 'dns'),
  args: ['-conf', configurationFile],
  files: { [configurationFile]: corefile },
});

export const dnsManifests = (): readonly object[] => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'coredns' },
    rules: [
      { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'coredns' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: 'kube-system' }],
  },
];
