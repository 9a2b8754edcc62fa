import { join } from 'node:path';

import { API_SERVER_URL, NETWORK, PORTS } from '../machine/addresses.ts';
import { API_SERVER, AUTHORITY, KUBELET_CLIENT, SERVICE_ACCOUNTS } from '../machine/certificates.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES, FILES } from '../machine/directories.ts';
import { answersOk } from '../machine/probe.ts';

const auditPolicyFile = join(DIRECTORIES.configuration, 'audit-policy.json');

/**
 * Every write of everybody is logged once, when it is done, with the time when it arrived.
 * Leases, and what the parts of Kubernetes read, would only fill the log.
 */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'None', nonResourceURLs: ['*'] },
    {
      level: 'None',
      verbs: ['get', 'list', 'watch'],
      userGroups: ['system:masters', 'system:nodes', 'system:serviceaccounts:kube-system', 'system:unauthenticated'],
    },
    {
      level: 'None',
      verbs: ['get', 'list', 'watch'],
      users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy'],
    },
    { level: 'Metadata' },
  ],
} as const;

export const apiServer = (toolsDirectory: string): Component => ({
  name: 'kube-apiserver',
  command: join(toolsDirectory, 'kube-apiserver'),
  files: { [auditPolicyFile]: JSON.stringify(AUDIT_POLICY) },
  args: [
    `--etcd-servers=http://127.0.0.1:${PORTS.etcd}`,
    `--secure-port=${PORTS.apiServer}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${NETWORK.nodeAddress}`,
    `--service-cluster-ip-range=${NETWORK.serviceRange}`,
    `--tls-cert-file=${API_SERVER.certificate}`,
    `--tls-private-key-file=${API_SERVER.key}`,
    `--client-ca-file=${AUTHORITY.certificate}`,
    `--token-auth-file=${FILES.tokens}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${SERVICE_ACCOUNTS.certificate}`,
    `--service-account-signing-key-file=${SERVICE_ACCOUNTS.key}`,
    `--kubelet-client-certificate=${KUBELET_CLIENT.certificate}`,
    `--kubelet-client-key=${KUBELET_CLIENT.key}`,
    `--kubelet-certificate-authority=${AUTHORITY.certificate}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Webhooks are reached at their endpoints, which are processes of the host here.
    '--enable-aggregator-routing=true',
    '--allow-privileged=true',
    '--profiling=false',
    `--audit-policy-file=${auditPolicyFile}`,
    `--audit-log-path=${FILES.auditLog}`,
    '--audit-log-maxsize=64',
    '--audit-log-maxbackup=3',
  ],
  ready: () => answersOk(`${API_SERVER_URL}/readyz`),
});
