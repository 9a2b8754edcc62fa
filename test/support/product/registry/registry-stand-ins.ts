/** What stands before a registry, or in its place, where pods can reach it. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

export interface StandIn {
  readonly port: number;
  readonly stop: () => void;
}

/** Takes connections and never says a word: whoever asks waits. */
export async function startSilentRegistry(): Promise<StandIn> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  return await listening(server, () => sockets.forEach((socket) => socket.destroy()));
}

/** A registry that lets nobody in without user and password, before one that asks for none. */
export async function startPasswordRegistry(
  behind: string,
  { user, password }: { readonly user: string; readonly password: string },
): Promise<StandIn> {
  const [host, port] = behind.split(':');
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const server = http.createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    if (headers.authorization !== expected) {
      incoming.resume();
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="tests"' }).end();
      return;
    }
    const { authorization: _, ...rest } = headers;
    const request = http.request({ host, port, method, path, headers: rest }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    request.on('error', () => outgoing.destroy());
    incoming.pipe(request);
  });
  return await listening(server, () => server.closeAllConnections());
}

async function listening(server: net.Server, cut: () => void): Promise<StandIn> {
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return {
    port: address.port,
    stop: () => {
      cut();
      server.close();
    },
  };
}
