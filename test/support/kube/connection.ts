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

  /** Asks for credentials every time, because some expire, but keeps the connections. */
  const optionsOf = async (request: KubeRequest, length: number): Promise<https.RequestOptions> => {
    const headers: Record<string, string> = {};
    const options: https.RequestOptions = { headers };
    await config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized, servername, auth } = options;
    const agent = agents[0] ?? new https.Agent({ ca, cert, key, rejectUnauthorized, servername, keepAlive: true });
    agents[0] = agent;
    const contentType = request.contentType ?? 'application/json';
    return {
      method: request.method,
      agent,
      auth,
      signal: request.signal,
      headers: {
        ...headers,
        accept: 'application/json',
        ...(length > 0 ? { 'content-type': contentType, 'content-length': length } : {}),
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
