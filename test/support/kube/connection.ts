import https from 'node:https';

import { KubeConfig } from '@kubernetes/client-node';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: string;
  readonly warnings: readonly string[];
}

/** An answer of the API server other than success. */
export class KubeError extends Error {
  readonly status: number;

  constructor(request: KubeRequest, answer: KubeAnswer) {
    super(`${request.method} ${request.path}: ${answer.status} ${messageOf(answer.body)}`);
    this.name = 'KubeError';
    this.status = answer.status;
  }
}

const messageOf = (body: string): string =>
  /"message":\s*"(?<message>(?:[^"\\]|\\.)*)"/.exec(body)?.groups?.['message'] ?? body;

/** Plain HTTP to one API server as the user of one kubeconfig. */
export interface KubeConnection {
  /** Answers of any status. */
  readonly send: (request: KubeRequest) => Promise<KubeAnswer>;
  /** Calls `onLine` for every line until the server or the signal ends the answer. */
  readonly stream: (path: string, onLine: (line: string) => void, signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

export const connect = (kubeconfig: string): KubeConnection => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error(`${kubeconfig} names no current cluster`);
  const agents: https.Agent[] = [];

  const optionsOf = async (request: KubeRequest, length: number): Promise<https.RequestOptions> => {
    const options: https.RequestOptions = { method: request.method, headers: {} };
    await config.applyToHTTPSOptions(options);
    const agent = agents[0] ?? options.agent;
    if (agents.length === 0 && agent instanceof https.Agent) agents.push(agent);
    return {
      ...options,
      agent,
      signal: request.signal,
      headers: {
        ...options.headers,
        accept: 'application/json',
        ...(length > 0 ? { 'content-type': request.contentType ?? 'application/json', 'content-length': length } : {}),
      },
    };
  };

  const send = async (request: KubeRequest): Promise<KubeAnswer> => {
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const options = await optionsOf(request, Buffer.byteLength(body));
    return new Promise((resolve, reject) => {
      const outgoing = https.request(new URL(request.path, server), options, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const warnings = [incoming.headers['warning'] ?? []].flat();
          resolve({ status: incoming.statusCode ?? 0, body: text, warnings });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };

  const stream = async (path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> => {
    const options = await optionsOf({ method: 'GET', path, signal }, 0);
    await new Promise<void>((resolve, reject) => {
      const outgoing = https.request(new URL(path, server), options, (incoming) => {
        let rest = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onLine(line);
        });
        incoming.on('end', resolve);
        incoming.on('error', (error) => (signal.aborted ? resolve() : reject(error)));
      });
      outgoing.on('error', (error) => (signal.aborted ? resolve() : reject(error)));
      outgoing.end();
    });
  };

  return { send, stream, close: () => agents.forEach((agent) => agent.destroy()) };
};
