import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { issueCertificate, newAuthority } from '../../../controller/certificates/authority.ts';
import type { Cluster } from '../../support/cluster/cluster.ts';
import { until } from '../../support/deadline.ts';
import { openKubeApi } from '../../support/kube/kube-api.ts';
import type { KubeApi } from '../../support/kube/kube-api.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';
import { freePort } from '../../support/process/free-port.ts';
import { parseObjects, readObjects } from '../../support/product/yaml-files.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

/** An API server and its etcd, with nothing that works on the objects. */
export interface ControlPlane {
  readonly cluster: Cluster;
  readonly pids: Readonly<Record<'apiServer' | 'etcd', number>>;
  /** The API server collects its garbage now, and not again before it has made a lot more. */
  readonly collectGarbage: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const RUNS = ['taskrun', 'customrun', 'pipelinerun'];
const MANIFESTS = ['100-namespace.yaml', '300-config.yaml'];
const HOST = '127.0.0.1';
/**
 * With its part of one processor the API server takes one to two seconds to collect its garbage, and meanwhile each question to it waits. One of a
 * cluster has processors for that. Here it collects when it is told to, between two rounds, or when it needs this much:
 * a question makes some 63 kB of garbage, so the longest round makes 4 GB.
 */
const MEMORY = { GOGC: 'off', GOMEMLIMIT: '6GiB' };

/** Starts them on loopback, with Tekton's kinds of runs and what the token service needs of an installation. */
export async function startControlPlane(core: number, report: (line: string) => void): Promise<ControlPlane> {
  const [kubernetes, tekton] = [await toolSet('api-server', report), await toolSet('tekton', report)];
  const directory = await temporaryDirectory();
  const file = (name: string): string => join(directory.path, name);
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const store = `http://${HOST}:${client}`;
  const token = randomUUID();

  const validity = { days: 2, now: new Date() };
  const authority = newAuthority('bench', validity);
  const names = [HOST];
  const served = issueCertificate(authority, { subject: 'API server', usage: 'server', names, ...validity });
  // RSA, as installers make them: the API server verifies a signature with it for each question about a token.
  const accounts = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'user' } }],
    clusters: [
      {
        name: 'bench',
        cluster: {
          server: `https://${HOST}:${port}`,
          'certificate-authority-data': Buffer.from(authority.certificate).toString('base64'),
        },
      },
    ],
    users: [{ name: 'user', user: { token } }],
  };
  const written = {
    'server.crt': served.certificate,
    'server.key': served.key,
    'accounts.key': accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'tokens.csv': `${token},admin,admin,system:masters\n`,
    'kubeconfig.json': JSON.stringify(kubeconfig),
  };
  for (const [name, content] of Object.entries(written)) await writeFile(file(name), content, { mode: 0o600 });

  const children: ChildProcess[] = [];
  const logs: string[] = [];
  const run = (command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): void => {
    const child = spawn('taskset', ['-c', `${core}`, command, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...more },
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => logs.push(text));
    children.push(child);
  };
  const stop = async (): Promise<void> => {
    for (const child of children) {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    await directory.remove();
  };
  try {
    run('etcd', [
      `--data-dir=${file('etcd')}`,
      '--log-level=error',
      '--unsafe-no-fsync',
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      `--listen-peer-urls=http://${HOST}:${peer}`,
      `--initial-advertise-peer-urls=http://${HOST}:${peer}`,
      `--initial-cluster=default=http://${HOST}:${peer}`,
    ]);
    const flags = [
      `--etcd-servers=${store}`,
      `--bind-address=${HOST}`,
      `--secure-port=${port}`,
      '--endpoint-reconciler-type=none',
      `--tls-cert-file=${file('server.crt')}`,
      `--tls-private-key-file=${file('server.key')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.252.0.0/24',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('accounts.key')}`,
      `--service-account-signing-key-file=${file('accounts.key')}`,
    ];
    run(join(kubernetes, 'kube-apiserver'), flags, MEMORY);
    const api = openKubeApi(file('kubeconfig.json'));
    await until('the API server to answer', 120_000, async () => {
      if (children.some(({ exitCode }) => exitCode !== null))
        throw new Error(`it ended:\n${logs.join('').slice(-2000)}`);
      const answer = await api.connection.send({ method: 'GET', path: '/readyz' }).catch(() => undefined);
      return answer?.status === 200;
    });
    await install(api, tekton);
    const cluster: Cluster = {
      api,
      state: { kubeconfig: file('kubeconfig.json'), kubeconfigs: {}, registry: { host: HOST, pods: `${HOST}:5000` } },
      kubeconfigOf: () => file('kubeconfig.json'),
      close: () => api.close(),
    };
    const [etcd = 0, apiServer = 0] = children.map(({ pid }) => pid);
    // https://pkg.go.dev/net/http/pprof#hdr-Parameters
    const collectGarbage = async (): Promise<void> => {
      await api.request({ method: 'GET', path: '/debug/pprof/heap?gc=1' });
    };
    return { cluster, pids: { apiServer, etcd }, collectGarbage, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function install(api: KubeApi, tekton: string): Promise<void> {
  for (const name of RUNS) {
    const path = join(tekton, 'config', '300-crds', `300-${name}.yaml`);
    for (const object of parseObjects(await readFile(path, 'utf8'), path)) {
      // No webhook is there, and none is needed: v1 is what is stored and asked for.
      const spec = typeof object['spec'] === 'object' ? object['spec'] : {};
      await api.create({ ...object, spec: { ...spec, conversion: { strategy: 'None' } } });
    }
  }
  for (const name of MANIFESTS) {
    for (const object of await readObjects(`manifests/base/${name}`)) await api.apply(object);
  }
  await until('the kinds of Tekton to be served', 60_000, async () => {
    const { body } = await api.connection.send({ method: 'GET', path: '/apis/tekton.dev/v1' });
    return ['pipelineruns/status', 'taskruns/status'].every((resource) => body.includes(`"${resource}"`));
  });
}
