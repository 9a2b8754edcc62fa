import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { API_SERVER_URL } from './addresses.ts';
import { AUTHORITY } from './certificates.ts';
import { DIRECTORIES, FILES } from './directories.ts';

interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

const serviceAccount = (namespace: string, name: string): User => ({
  user: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
});

const node = (name: string): User => ({ user: `system:node:${name}`, groups: ['system:nodes'] });

/** Who talks to the API server. Processes of the host have the names of their service accounts, so that their real RBAC holds. */
const IDENTITIES = {
  admin: { user: 'admin', groups: ['system:masters'] },
  controllerManager: { user: 'system:kube-controller-manager', groups: [] },
  scheduler: { user: 'system:kube-scheduler', groups: [] },
  kubeProxy: { user: 'system:kube-proxy', groups: [] },
  node1: node('node1'),
  node2: node('node2'),
  dns: serviceAccount('kube-system', 'coredns'),
  volumePool: serviceAccount('kube-system', 'volume-pool'),
  tektonController: serviceAccount('tekton-pipelines', 'tekton-pipelines-controller'),
  tektonWebhook: serviceAccount('tekton-pipelines', 'tekton-pipelines-webhook'),
  tektonResolvers: serviceAccount('tekton-pipelines-resolvers', 'tekton-pipelines-resolvers'),
  cacheController: serviceAccount('tekton-cache', 'tekton-cache-controller'),
} as const satisfies Readonly<Record<string, User>>;

export type Identity = keyof typeof IDENTITIES;

export const identityNames = Object.keys(IDENTITIES).filter((name): name is Identity => name in IDENTITIES);

export const kubeconfigOf = (identity: Identity): string => join(DIRECTORIES.kubeconfigs, `${identity}.json`);

// JSON is YAML: kubectl and every client library read it.
const kubeconfig = (token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    clusters: [{ name: 'local', cluster: { server: API_SERVER_URL, 'certificate-authority': AUTHORITY.certificate } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'user', namespace: 'default' } }],
  });

/** Writes the API server's token file and one kubeconfig per identity. The API server reads tokens only when it starts. */
export const writeIdentities = async (): Promise<void> => {
  const lines: string[] = [];
  for (const identity of identityNames) {
    const { user, groups } = IDENTITIES[identity];
    const token = randomBytes(16).toString('hex');
    lines.push(`${token},${user},${identity},"${groups.join(',')}"`);
    await writeFile(kubeconfigOf(identity), kubeconfig(token), { mode: 0o600 });
  }
  await writeFile(FILES.tokens, `${lines.join('\n')}\n`, { mode: 0o600 });
};

/** The bearer token of an identity of the running cluster. */
export const tokenOf = async (identity: Identity): Promise<string> => {
  const match = /"token":"(?<token>[0-9a-f]+)"/.exec(await readFile(kubeconfigOf(identity), 'utf8'));
  if (!match?.groups?.['token']) throw new Error(`no token in ${kubeconfigOf(identity)}`);
  return match.groups['token'];
};
