import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { KubeConfig } from '@kubernetes/client-node';

/** When a request of the controller is caught: before the API server sees it, or before the controller sees the answer. */
export type Moment = 'request' | 'answer';

export interface Trap {
  readonly moment: Moment;
  readonly matches: (request: { readonly method: string; readonly path: string; readonly body: string }) => boolean;
}

/** Stands between a controller and the API server, and catches one request at a moment that no test could hit otherwise. */
interface ApiProxy {
  readonly kubeconfig: string;
  /** Settles when a request has been caught; it is never answered. */
  readonly caught: Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startApiProxy(kubeconfig: string, trap: Trap): Promise<ApiProxy> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (!cluster?.caFile || !user?.token) throw new Error(`${kubeconfig} has no CA file, or no token`);
  const target = new URL(cluster.server);
  const agent = new https.Agent({ ca: readFileSync(cluster.caFile), keepAlive: true });
  const { promise: caught, resolve: onCaught } = Promise.withResolvers<void>();
  let isArmed = true;

  const serve = async (incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = incoming;
    const body = await text(incoming);
    const isCaught = isArmed && trap.matches({ method, path, body });
    if (isCaught) isArmed = false;
    if (isCaught && trap.moment === 'request') {
      onCaught();
      return;
    }
    const request = https.request(
      { agent, host: target.hostname, port: target.port, method, path, headers: { ...headers, host: target.host } },
      (answer) => {
        if (isCaught) {
          answer.resume().on('end', onCaught);
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
      },
    );
    request.on('error', () => outgoing.destroy());
    outgoing.on('close', () => request.destroy());
    request.end(body);
  };
  const server = http.createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;

  const directory = await mkdtemp(join(tmpdir(), 'tekton-cache-proxy-'));
  const file = join(directory, 'kubeconfig.json');
  const proxied = new KubeConfig();
  proxied.loadFromClusterAndUser(
    { name: 'proxy', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'user', token: user.token },
  );
  await writeFile(file, proxied.exportConfig());
  return {
    kubeconfig: file,
    caught,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await rm(directory, { recursive: true });
    },
  };
}
