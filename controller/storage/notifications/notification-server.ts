import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

import type { Log } from '../../../shared/log.ts';
import type { TlsFiles } from '../../tls-files.ts';
import { eventsIn } from './registry-event.ts';
import type { RegistryEvent } from './registry-event.ts';

export interface NotificationServerOptions {
  /** What the registry sends as `Authorization: Bearer SECRET`; nothing as long as nobody knows it. */
  readonly secret: () => string | undefined;
  /** Throws where an event could not be kept: the registry sends it again. */
  readonly take: (event: RegistryEvent) => void;
  /** Told of each request: `taken`, or why it was not. */
  readonly count: (outcome: NotificationOutcome) => void;
  readonly log: Log;
}

export const NOTIFICATION_OUTCOMES = ['taken', 'refused', 'malformed', 'failed'] as const;
export type NotificationOutcome = (typeof NOTIFICATION_OUTCOMES)[number];

export interface NotificationServer {
  readonly server: http.Server;
  /** Connections from now on have this certificate. */
  readonly renew: (files: TlsFiles) => void;
}

const PATH = '/notifications';
/** A manifest has at most 4 MiB, and an event names each of its blobs. */
const MAX_BYTES = 16 * 1024 * 1024;
/** One registry comes, with a few connections. */
const MAX_CONNECTIONS = 50;
const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 30_000, keepAliveTimeout: 60_000 };

/** Listens for the registry. Without `tls`: plain HTTP. */
export function serveNotifications(
  port: number,
  options: NotificationServerOptions,
  tls?: TlsFiles,
): NotificationServer {
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    void answer(request, options).then((status) =>
      response.writeHead(status, status === 413 ? { connection: 'close' } : {}).end(),
    );
  };
  const secure = tls === undefined ? undefined : https.createServer({ ...tls, ...TIMEOUTS }, listener);
  const server = secure ?? http.createServer(TIMEOUTS, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port);
  return { server, renew: (files) => secure?.setSecureContext(files) };
}

async function answer(request: http.IncomingMessage, options: NotificationServerOptions): Promise<number> {
  const { secret, take, count, log } = options;
  if (request.method !== 'POST' || request.url !== PATH) return 404;
  const known = secret();
  if (known === undefined || !isSame(request.headers.authorization ?? '', `Bearer ${known}`)) {
    count('refused');
    log.warn('a notification without the secret of the registry', { address: request.socket.remoteAddress });
    return 401;
  }
  const content = await read(request);
  if (content === undefined) {
    count('malformed');
    return 413;
  }
  const envelope = parse(content);
  if (envelope === undefined) {
    // A registry sends what was refused again and again, and what comes after it never.
    count('malformed');
    log.warn('a notification that is not JSON was dropped', { bytes: content.length });
    return 200;
  }
  try {
    for (const event of eventsIn(envelope)) take(event);
    count('taken');
    return 200;
  } catch (error) {
    count('failed');
    log.error('a notification could not be kept', { problem: error instanceof Error ? error.message : String(error) });
    return 503;
  }
}

/** Takes the same time for each wrong secret. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

async function read(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > MAX_BYTES) return undefined;
      chunks.push(part);
    }
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
