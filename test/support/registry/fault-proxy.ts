import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes wrong with a request. Without one it is passed on to the registry and its answer back. */
export type Fault =
  /** The proxy answers by itself. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: http.OutgoingHttpHeaders;
      readonly body?: string | Buffer;
    }
  /** The registry gets so many bytes of the request's body, then both connections end. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** So many bytes of the request's body are read, of which the registry gets the first ones; then both connections end. */
  | { readonly kind: 'swallow-request'; readonly passed: number; readonly swallowed: number }
  /** The registry does its work, but the connection ends after so many bytes of the answer's body. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** The connection ends where the answer should begin. */
  | { readonly kind: 'lose-answer' }
  /** Nothing is read any more, and nothing answered. */
  | { readonly kind: 'silence' }
  /** Goes silent after so many bytes of the answer's body. */
  | { readonly kind: 'silence-in-answer'; readonly after: number }
  /** Something happens to the registry first; then the request is passed on. */
  | { readonly kind: 'meanwhile'; readonly happens: () => Promise<void> }
  /** The answer is another one. */
  | { readonly kind: 'change'; readonly to: (answer: Answer) => Answer };

/** For a registry that keeps a connection open after half a request. */
const PATIENCE_MS = 5000;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

interface Rule {
  readonly method: string;
  readonly path: RegExp;
  readonly fault: Fault;
  times: number;
}

/** Stands before a real registry, on real sockets, and does to some requests what networks and registries do. */
export class FaultProxy {
  readonly received: Received[] = [];
  /** The client's port of each request: one number a connection. */
  readonly ports: number[] = [];
  /** Ends each connection under its second request, as a server does that keeps none and does not say so. */
  answersOnce = false;
  readonly #answered = new WeakSet<Socket>();
  readonly #registry: string;
  readonly #rules: Rule[] = [];
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));

  private constructor(registry: string) {
    this.#registry = registry;
  }

  /** `registry`: `host:port` of one on plain HTTP. */
  static async start(registry: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(registry);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next requests of that kind have the fault; earlier rules go first. */
  on(method: string, path: RegExp, fault: Fault, times = 1): this {
    this.#rules.push({ method, path, fault, times });
    return this;
  }

  count(method: string, path: RegExp): number {
    return this.received.filter((request) => request.method === method && path.test(request.url)).length;
  }

  /** Closes the connections that wait for a request, as servers do after a while. */
  closeIdle(): void {
    this.#server.closeIdleConnections();
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '', headers, socket } = request;
    if (this.answersOnce && this.#answered.has(socket)) {
      socket.destroy();
      return;
    }
    this.#answered.add(socket);
    this.received.push({ method, url, headers });
    this.ports.push(socket.remotePort ?? 0);
    const rule = this.#rules.find((r) => r.times > 0 && r.method === method && r.path.test(url));
    if (rule) rule.times--;
    try {
      await this.#carryOut(rule?.fault, request, response);
    } catch {
      // A peer that went away, as these tests have it.
      response.destroy();
    }
  }

  async #carryOut(
    fault: Fault | undefined,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    if (fault?.kind === 'silence') {
      request.pause();
      return;
    }
    if (fault?.kind === 'answer') {
      response.writeHead(fault.status, { ...fault.headers, ...(fault.status === 413 ? { connection: 'close' } : {}) });
      response.end(fault.body);
      return;
    }
    if (fault?.kind === 'cut-request') {
      await this.#forwardPart(request, { passed: fault.after, read: fault.after });
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'swallow-request') {
      await this.#forwardPart(request, { passed: fault.passed, read: fault.swallowed });
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'meanwhile') await fault.happens();
    const answer = await this.#forward(request);
    switch (fault?.kind) {
      case undefined:
      case 'meanwhile':
        respond(response, answer);
        break;
      case 'lose-answer':
        response.destroy();
        break;
      case 'cut-answer':
        response.writeHead(answer.status, withLength(answer));
        response.write(answer.body.subarray(0, fault.after), () => response.destroy());
        break;
      case 'silence-in-answer':
        response.writeHead(answer.status, withLength(answer));
        response.write(answer.body.subarray(0, fault.after));
        break;
      case 'change':
        respond(response, fault.to(answer));
        break;
    }
  }

  async #forward(request: http.IncomingMessage): Promise<Answer> {
    const upstream = this.#open(request);
    // The wait for the answer reports an error that comes before it. A later error does not matter.
    upstream.on('error', () => undefined);
    request.pipe(upstream);
    const [answer] = (await once(upstream, 'response')) as [http.IncomingMessage];
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
  }

  /** Reads the beginning of the body, sends the head and what is to be passed of it, and hangs up. */
  async #forwardPart(request: http.IncomingMessage, bytes: { passed: number; read: number }): Promise<void> {
    const upstream = this.#open(request);
    upstream.on('error', () => undefined);
    let at = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, Math.max(bytes.passed - at, 0));
      if (part.length > 0) await new Promise((resolve) => upstream.write(part, resolve));
      at += chunk.length;
      if (at >= bytes.read) break;
    }
    // It hangs up, too, when it is through with what it got: what comes next has to find all of that.
    upstream.socket?.end();
    await once(upstream, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    upstream.destroy();
  }

  #open({ method, url, headers }: http.IncomingMessage): http.ClientRequest {
    const [hostname, port] = this.#registry.split(':');
    return http.request({ hostname, port, method, path: url, headers, agent: this.#agent });
  }
}

const withLength = ({ headers, body }: Answer): http.OutgoingHttpHeaders => ({
  'content-length': body.length,
  ...headers,
});

const respond = (response: http.ServerResponse, { status, headers, body }: Answer): void => {
  // A fault that changes a body has to set its length, or leave the length out.
  response.writeHead(status, headers);
  response.end(body);
};
