import http from 'node:http';
import https from 'node:https';

import { AddressCount } from './address-count.ts';
import type { TlsFiles } from './tls-files.ts';

export interface Bounds {
  /** Milliseconds. */
  readonly timeouts: {
    readonly headersTimeout: number;
    readonly requestTimeout: number;
    readonly keepAliveTimeout: number;
  };
  /** Connections at once. */
  readonly connections: number;
  /** Connections of one address, so that none takes them all. */
  readonly connectionsOfAddress: number;
}

export interface BoundedServer {
  readonly server: http.Server;
  /** Connections from now on have this certificate. */
  readonly renew: (files: TlsFiles) => void;
}

const HANDSHAKE_MS = 5000;

/** Listens; port 0 is one that is free. Without `tls`: plain HTTP. */
export function serve(port: number, listener: http.RequestListener, bounds: Bounds, tls?: TlsFiles): BoundedServer {
  const { timeouts } = bounds;
  const secure =
    tls === undefined
      ? undefined
      : https.createServer({ ...tls, ...timeouts, handshakeTimeout: HANDSHAKE_MS }, listener);
  const server = secure ?? http.createServer(timeouts, listener);
  const connections = new AddressCount(bounds.connections, bounds.connectionsOfAddress);
  // Counted before the TLS handshake: a client that sends nothing holds a connection as well.
  server.on('connection', (socket) => {
    const leave = connections.enter(socket.remoteAddress);
    if (leave === undefined) socket.destroy();
    else socket.once('close', leave);
  });
  server.listen(port);
  return { server, renew: (files) => secure?.setSecureContext(files) };
}
