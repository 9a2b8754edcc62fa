import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { NETWORK, NODES } from './addresses.ts';
import { DIRECTORIES } from './directories.ts';

interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

const pair = (name: string): KeyPair => ({
  key: join(DIRECTORIES.certificates, `${name}.key`),
  certificate: join(DIRECTORIES.certificates, `${name}.crt`),
});

export const AUTHORITY = pair('ca');
export const API_SERVER = pair('api-server');
/** With this the API server asks kubelets for logs and for `exec`. */
export const KUBELET_CLIENT = pair('kubelet-client');
export const KUBELETS = { node1: pair('node1'), node2: pair('node2') } as const;
/** Signs service account tokens; `certificate` is the bare public key here. */
export const SERVICE_ACCOUNTS = pair('service-accounts');

/** `options` are what may contain spaces: paths and subjects. */
const openssl = (command: string, options: Readonly<Record<string, string>> = {}): Promise<string> =>
  runCommand('openssl', [...command.split(' '), ...Object.entries(options).flat()], { timeout: 20_000 });

const makeKey = (file: string): Promise<string> => openssl('ecparam -name prime256v1 -genkey -noout', { '-out': file });

const makeAuthority = async (): Promise<void> => {
  await makeKey(AUTHORITY.key);
  await openssl(
    'req -x509 -new -sha256 -days 3650 ' +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature',
    { '-key': AUTHORITY.key, '-subj': '/CN=tekton-cache-bench', '-out': AUTHORITY.certificate },
  );
};

interface CertificateRequest {
  readonly subject: string;
  readonly usage: 'serverAuth' | 'clientAuth';
  readonly names?: readonly string[];
}

const issue = async ({ key, certificate }: KeyPair, request: CertificateRequest): Promise<void> => {
  const extensions = [
    'basicConstraints=CA:FALSE',
    'keyUsage=digitalSignature,keyEncipherment',
    `extendedKeyUsage=${request.usage}`,
    ...(request.names ? [`subjectAltName=${request.names.join(',')}`] : []),
  ];
  await makeKey(key);
  await writeFile(`${certificate}.ext`, `${extensions.join('\n')}\n`);
  const signingRequest = `${certificate}.csr`;
  await openssl('req -new', { '-key': key, '-subj': request.subject, '-out': signingRequest });
  await openssl('x509 -req -CAcreateserial -days 3650 -sha256', {
    '-in': signingRequest,
    '-CA': AUTHORITY.certificate,
    '-CAkey': AUTHORITY.key,
    '-extfile': `${certificate}.ext`,
    '-out': certificate,
  });
};

/** One authority and what it signed; elliptic keys, so that this takes a fraction of a second. */
export const writeCertificates = async (): Promise<void> => {
  await makeAuthority();
  const serviceNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  await issue(API_SERVER, {
    subject: '/CN=kube-apiserver',
    usage: 'serverAuth',
    names: [
      ...[...serviceNames, 'kubernetes.default.svc.cluster.local', 'localhost'].map((name) => `DNS:${name}`),
      ...['127.0.0.1', NETWORK.nodeAddress, NETWORK.apiService].map((address) => `IP:${address}`),
    ],
  });
  await issue(KUBELET_CLIENT, { subject: '/O=system:masters/CN=apiserver-kubelet-client', usage: 'clientAuth' });
  for (const { name, address } of Object.values(NODES)) {
    const names = [`DNS:${name}`, `IP:${address}`];
    await issue(KUBELETS[name], { subject: `/CN=${name}`, usage: 'serverAuth', names });
  }
  await makeKey(SERVICE_ACCOUNTS.key);
  await openssl('ec -pubout', { '-in': SERVICE_ACCOUNTS.key, '-out': SERVICE_ACCOUNTS.certificate });
};
