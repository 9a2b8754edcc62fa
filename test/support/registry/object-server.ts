import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import type { Received } from './fault-proxy.ts';

/** A server of another origin that registries send clients to: it has one object, and takes whatever is sent. */
export class ObjectServer {
  readonly received: Received[] = [];
  /** How many requests it answers with 403, as addresses do whose signature has run out. */
  refusals = 0;
  /** What it answers to a HEAD: an address may be signed for GET alone. */
  headStatus = 200;
  readonly #object: Buffer;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));

  private constructor(object: Buffer) {
    this.#object = object;
  }

  static async start(object: Buffer): Promise<ObjectServer> {
    const server = new ObjectServer(object);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.received.push({ method, url, headers });
    if (this.refusals > 0) {
      this.refusals--;
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    if (method === 'HEAD') {
      response.writeHead(this.headStatus).end();
      return;
    }
    if (method === 'GET') {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
      const part = from === undefined ? this.#object : this.#object.subarray(Number(from), Number(to) + 1);
      response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length }).end(part);
      return;
    }
    await buffer(request);
    response.writeHead(method === 'PATCH' ? 202 : 201, { location: url }).end();
  }
}
