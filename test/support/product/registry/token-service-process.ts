import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { TlsFiles } from '../../../../controller/server/tls-files.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { until } from '../../deadline.ts';
import type { KubeObject } from '../../kube/kube-api.ts';
import { temporaryDirectory } from '../../registry/temporary-directory.ts';
import { requestToken } from './request-token.ts';
import { readObjects } from '../yaml-files.ts';

/** The token service as a process of this machine, with the rights of its own account. */
export interface TokenServiceProcess {
  /** For pods, and for this machine. */
  readonly realm: string;
  readonly pid: number;
  /** File with the authority of its keys. */
  readonly authority: string;
  /** The JSON lines that it wrote. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface TokenServiceOptions {
  /** The only processor that it may use. */
  readonly core?: number;
  /** Without it the service speaks plain HTTP. */
  readonly tls?: TlsFiles;
}

const MAIN = join(import.meta.dirname, '..', '..', '..', '..', 'controller', 'token-service', 'main.ts');
const OVERLAY = 'manifests/overlays/token-service';
const NAMESPACE = 'tekton-cache';
const ACCOUNT = 'tekton-cache-token-service';
const SECRET = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'tekton-cache-token-keys' };

/** Starts it; returns when it has read its keys and the policy. */
export async function startTokenService(
  { api, state, kubeconfigOf }: Pick<Cluster, 'api' | 'state' | 'kubeconfigOf'>,
  { core, tls }: TokenServiceOptions = {},
): Promise<TokenServiceProcess> {
  for (const file of ['200-rbac.yaml', '300-keys.yaml']) {
    for (const object of await readObjects(`${OVERLAY}/${file}`)) await api.apply(object);
  }
  const directory = await temporaryDirectory();
  const token = await requestToken(api, { namespace: NAMESPACE, name: ACCOUNT });
  const kubeconfig = join(directory.path, 'kubeconfig.json');
  const like = JSON.parse(await readFile(kubeconfigOf('cacheController'), 'utf8')) as object;
  await writeFile(kubeconfig, JSON.stringify({ ...like, users: [{ name: 'user', user: { token } }] }), { mode: 0o600 });

  const given = { KUBECONFIG: kubeconfig, SYSTEM_NAMESPACE: NAMESPACE, PORT: '0', HEALTH_PORT: '0' };
  if (tls !== undefined) {
    await writeFile(join(directory.path, 'tls.crt'), tls.cert);
    await writeFile(join(directory.path, 'tls.key'), tls.key, { mode: 0o600 });
  }
  const env = { ...process.env, ...given, ...(tls === undefined ? {} : { TLS_DIRECTORY: directory.path }) };
  // taskset becomes the program: the process has its id.
  const [program, ...args] = [...(core === undefined ? [] : ['taskset', '-c', `${core}`]), process.execPath, MAIN];
  const child = spawn(program ?? '', args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    await directory.remove();
  };
  try {
    const [port, healthPort] = await until('the token service to listen', 30_000, () => {
      if (child.exitCode !== null) throw new Error(`the token service ended:\n${log}`);
      const ports = [portIn(log, 'listening'), portIn(log, 'listening for health')];
      return Promise.resolve(ports.every((found) => found !== undefined) ? ports : undefined);
    });
    await until('the token service to be ready', 30_000, async () => {
      const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz?verbose`).catch(() => undefined);
      return answer?.ok === true;
    }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log}`, { cause: error });
    });
    const secret = await api.get<KubeObject & { readonly data: Readonly<Record<string, string>> }>(SECRET);
    const authority = join(directory.path, 'authority.crt');
    await writeFile(authority, Buffer.from(secret.data['authority.crt'] ?? '', 'base64'));
    const host = state.registry.pods.split(':')[0] ?? '';
    const realm = `${tls === undefined ? 'http' : 'https'}://${host}:${port}/token`;
    return { realm, pid: child.pid ?? 0, authority, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portIn(log: string, message: string): number | undefined {
  const line = log.split('\n').find((text) => text.includes(`"message":"${message}"`));
  const fields = line === undefined ? {} : (JSON.parse(line) as { readonly port?: number });
  return fields.port;
}
