import { once } from 'node:events';
import http from 'node:http';

import { KubeConfig } from '@kubernetes/client-node';

import { Transport } from '../../../controller/kube/api/transport.ts';
import type { Patience } from '../../../controller/kube/api/transport.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
  /** Distinguishes TCP connections. */
  readonly port: number;
}

/** Answers one request; what it leaves open stays open, as a watch does. */
export type Answer = (request: Received, response: http.ServerResponse) => void;

/** An API server that does on demand what a real one rarely does: refuse, cut, stall. Answers are taken in order, a path each. */
export class FakeApiServer {
  readonly received: Received[] = [];
  readonly #answers = new Map<string, Answer[]>();
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  /** Further answers for `METHOD /path`, where a watch is `WATCH /path`; the last one is given for ever. */
  on(request: string, ...answers: readonly Answer[]): this {
    this.#answers.set(request, [...(this.#answers.get(request) ?? []), ...answers]);
    return this;
  }

  count(request: string): number {
    return this.received.filter((one) => nameOf(one) === request).length;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the fake API server does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  transport(patience?: Patience): Transport {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'fake', server: this.url, skipTLSVerify: true },
      { name: 'user', token: 'not-a-secret' },
    );
    return new Transport(config, patience);
  }

  /** Breaks every connection, as a crash of the server does. */
  cutConnections(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://fake');
    const received: Received = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
      port: request.socket.remotePort ?? 0,
    };
    this.received.push(received);
    const answers = this.#answers.get(nameOf(received)) ?? [refuse(404, 'NotFound')];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(received, response);
  }
}

function nameOf(request: Received): string {
  return `${request.query.get('watch') === 'true' ? 'WATCH' : request.method} ${request.path}`;
}

export const answer =
  (body: object): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export const refuse =
  (status: number, reason: string, headers: http.OutgoingHttpHeaders = {}): Answer =>
  (_request, response) => {
    const body = { kind: 'Status', status: 'Failure', code: status, reason, message: `refused: ${reason}` };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export const listOf = (resourceVersion: string, ...items: readonly object[]): Answer =>
  answer({ kind: 'List', metadata: { resourceVersion }, items });

/** Sends the events, then keeps the watch open. */
export const stream =
  (...events: readonly object[]): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
  };

/** Sends the events and ends the watch. */
export const endedStream =
  (...events: readonly object[]): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  };

export const hangUp: Answer = (request, response) => {
  void request;
  response.destroy();
};
