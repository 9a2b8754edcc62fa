import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

import type { KubeConfig } from '@kubernetes/client-node';

import { messageOf } from '../../../shared/errors.ts';
import { ApiError, apiErrorFrom } from './api-error.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

interface LineOptions {
  /** Longer silence is an error. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** The server has accepted the request; lines may be long in coming. */
  readonly onOpen?: (() => void) | undefined;
}

/** How long a server has, in milliseconds; a call as a whole has its own end. */
export interface Patience {
  /** How long a connection may take, TLS included: an address that swallows packets answers in minutes, if at all. */
  readonly connectMs: number;
  /** How long the first byte of an answer in lines may take: an API server accepts a watch at once. */
  readonly answerMs: number;
}

const PATIENCE: Patience = { connectMs: 5000, answerMs: 15_000 };

type Identity = Omit<https.RequestOptions, 'headers'> & { readonly headers: http.OutgoingHttpHeaders };

/**
 * JSON over kept-alive connections to the API server.
 *
 * client-node's own calls open a TLS connection each, because they make a new dispatcher for every request; here
 * it gives only the address and the identity. See docs/adr/0010-kubernetes-transport.md.
 */
export class Transport {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #agent: https.Agent | http.Agent;
  readonly #patience: Patience;

  constructor(config: KubeConfig, patience: Patience = PATIENCE) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('there is no current cluster in the Kubernetes configuration: set KUBECONFIG');
    this.#config = config;
    this.#patience = patience;
    this.#server = new URL(cluster.server);
    const options = { keepAlive: true, keepAliveMsecs: 30_000, maxSockets: 64 };
    this.#agent = this.#server.protocol === 'http:' ? new http.Agent(options) : new https.Agent(options);
  }

  /**
   * The parsed answer, whose type is the caller's word for what the API server promises. Throws `ApiError` for every
   * status but 2xx, and with status 0 when no answer came.
   */
  async json<T>(request: ApiRequest, signal: AbortSignal): Promise<T> {
    return JSON.parse((await this.#textWithin(Infinity, request, signal)) ?? '');
  }

  /** Like `json`. Nothing where the answer is longer than `mostBytes`; it is not read to its end then. */
  async jsonWithin<T>(mostBytes: number, request: ApiRequest, signal: AbortSignal): Promise<T | undefined> {
    const body = await this.#textWithin(mostBytes, request, signal);
    return body === undefined ? undefined : JSON.parse(body);
  }

  /** The answer's lines, each a JSON value, as they come. Ends when the server ends it; throws like `json`. */
  async *lines<T>(request: ApiRequest, { idleMs, signal, onOpen }: LineOptions): AsyncGenerator<T, void> {
    const idle = new AbortController();
    const endAfter = (what: string, ms: number): NodeJS.Timeout =>
      setTimeout(() => idle.abort(new Error(`${what} for ${ms / 1000} s`)), ms);
    let timer = endAfter('no answer came', this.#patience.answerMs);
    try {
      const response = await this.#send(request, AbortSignal.any([signal, idle.signal]));
      if (!isSuccess(response)) throw refusal(request, response, await text(response));
      onOpen?.();
      clearTimeout(timer);
      timer = endAfter('nothing came', idleMs);
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        timer.refresh();
        const lines = `${rest}${String(chunk)}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    } catch (error) {
      throw error instanceof ApiError ? error : noAnswer(request, idle.signal.aborted ? idle.signal.reason : error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #textWithin(mostBytes: number, request: ApiRequest, signal: AbortSignal): Promise<string | undefined> {
    const response = await this.#send(request, signal);
    const body = await textWithin(mostBytes, response).catch((error: unknown) => {
      throw noAnswer(request, error);
    });
    if (!isSuccess(response)) throw refusal(request, response, body ?? '');
    return body;
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    for (;;) {
      const outgoing = await this.#open(request, Buffer.byteLength(body), signal);
      const answered = once(outgoing, 'response');
      // An error after the answer began is told by the response.
      outgoing.on('error', () => undefined);
      outgoing.end(body);
      try {
        const [response]: http.IncomingMessage[] = await answered;
        if (response) return response;
      } catch (error) {
        // The server closed an idle connection in the moment we used it: it never saw the request.
        if (outgoing.reusedSocket && hasCode(error, 'ECONNRESET') && !signal.aborted) continue;
        throw noAnswer(request, signal.aborted ? signal.reason : error);
      }
    }
  }

  async #open(request: ApiRequest, bodyBytes: number, signal: AbortSignal): Promise<http.ClientRequest> {
    const url = new URL(this.#server.pathname.replace(/\/$/, '') + request.path, this.#server);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const identity: Identity = { headers: {} };
    await this.#config.applyToHTTPSOptions(identity);
    const options: https.RequestOptions = {
      ...identity,
      method: request.method,
      agent: this.#config.getCurrentCluster()?.proxyUrl ? identity.agent : this.#agent,
      signal,
      headers: {
        ...identity.headers,
        accept: request.accept ?? 'application/json',
        'user-agent': 'tekton-cache-controller',
        // Node sends the body of a DELETE without a length otherwise, which no server reads.
        ...(bodyBytes === 0
          ? {}
          : { 'content-type': request.contentType ?? 'application/json', 'content-length': bodyBytes }),
      },
    };
    const outgoing = url.protocol === 'http:' ? http.request(url, options) : https.request(url, options);
    return this.#boundConnecting(outgoing, url);
  }

  #boundConnecting(outgoing: http.ClientRequest, { protocol, host }: URL): http.ClientRequest {
    const { connectMs } = this.#patience;
    return outgoing.once('socket', (socket) => {
      if (!socket.connecting) return;
      const why = new Error(`no connection to ${host} in ${connectMs / 1000} s`);
      const timer = setTimeout(() => outgoing.destroy(why), connectMs);
      const stop = (): void => clearTimeout(timer);
      socket.once(protocol === 'http:' ? 'connect' : 'secureConnect', stop);
      outgoing.once('close', stop);
    });
  }
}

const nameOf = (request: ApiRequest): string => `${request.method} ${request.path}`;

const isSuccess = (response: http.IncomingMessage): boolean => Math.floor((response.statusCode ?? 0) / 100) === 2;

async function textWithin(mostBytes: number, response: http.IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > mostBytes) return undefined;
  }
  return Buffer.concat(chunks).toString();
}

function refusal(request: ApiRequest, response: http.IncomingMessage, body: string): ApiError {
  return apiErrorFrom(nameOf(request), response.statusCode ?? 0, body, response.headers['retry-after']);
}

function noAnswer(request: ApiRequest, cause: unknown): ApiError {
  const why = messageOf(cause);
  return new ApiError({ request: nameOf(request), status: 0, reason: '', detail: why }, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
