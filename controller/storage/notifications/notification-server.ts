import { createHash, timingSafeEqual } from 'node:crypto';
import type http from 'node:http';

import { elapsedMs } from '../../../shared/clock.ts';
import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { serve } from '../../server/bounded-server.ts';
import type { BoundedServer } from '../../server/bounded-server.ts';
import type { TlsFiles } from '../../server/tls-files.ts';
import { eventsIn } from './registry-event.ts';
import type { RegistryEvent } from './registry-event.ts';

interface NotificationServerOptions {
  /** What the registry sends as `Authorization: Bearer SECRET`; nothing as long as nobody knows it. */
  readonly secret: () => string | undefined;
  /** Throws where an event could not be kept: the registry sends it again. */
  readonly take: (event: RegistryEvent) => void;
  /** Told of each request: `taken`, or why it was not. */
  readonly count: (outcome: NotificationOutcome) => void;
  /** Called when events were dropped: a walk has to find what they would have told. */
  readonly onLoss: () => void;
  readonly log: Log;
}

const NOTIFICATION_OUTCOMES = ['taken', 'refused', 'malformed', 'too-large', 'failed'] as const;
type NotificationOutcome = (typeof NOTIFICATION_OUTCOMES)[number];

const PATH = '/notifications';
/** A manifest has at most 4 MiB, and JSON of Go may write each character of an annotation as six. */
const MAX_BYTES = 32 * 1024 * 1024;
/** The bounds of the server. Its only client is one registry, with a few connections. */
const BOUNDS = {
  timeouts: { headersTimeout: 5000, requestTimeout: 30_000, keepAliveTimeout: 60_000 },
  connections: 50,
  connectionsOfAddress: 10,
};
/** Between two warnings about a wrong secret: anybody may send one, and the metric counts each. */
const WARN_EVERY_MS = 60_000;

/** Listens for the registry. Without `tls`: plain HTTP. */
export function serveNotifications(port: number, options: NotificationServerOptions, tls?: TlsFiles): BoundedServer {
  let warnedAt = -Infinity;
  const warnRefused = (address: string | undefined): void => {
    const now = elapsedMs();
    if (now - warnedAt < WARN_EVERY_MS) return;
    warnedAt = now;
    options.log.warn('refused a notification without the secret of the registry', { address });
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    void answer(request, options, warnRefused).then((status) => response.writeHead(status).end());
  };
  return serve(port, listener, BOUNDS, tls);
}

/**
 * A registry repeats a refused notification for ever, and holds back all later ones. So a notification that can never be taken is answered with 200
 * and dropped.
 */
async function answer(
  request: http.IncomingMessage,
  options: NotificationServerOptions,
  warnRefused: (address: string | undefined) => void,
): Promise<number> {
  const { secret, take, count, onLoss, log } = options;
  if (request.method !== 'POST' || request.url !== PATH) return 404;
  const known = secret();
  if (known === undefined || !isSame(request.headers.authorization ?? '', `Bearer ${known}`)) {
    count('refused');
    warnRefused(request.socket.remoteAddress);
    return 401;
  }
  const drop = (outcome: 'malformed' | 'too-large', bytes: number): number => {
    count(outcome);
    onLoss();
    log.warn('a notification was dropped', { outcome, bytes });
    return 200;
  };
  let content: Content;
  try {
    content = await read(request);
  } catch {
    // The request broke off: the registry sends it again.
    count('failed');
    return 400;
  }
  if (content.chunks === undefined) return drop('too-large', content.bytes);
  const envelope = parse(Buffer.concat(content.chunks));
  if (envelope === undefined) return drop('malformed', content.bytes);
  try {
    for (const event of eventsIn(envelope)) take(event);
    count('taken');
    return 200;
  } catch (error) {
    count('failed');
    log.error('a notification could not be kept', { problem: messageOf(error) });
    return 503;
  }
}

/** Takes the same time for each wrong secret. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

interface Content {
  readonly bytes: number;
  /** The body in pieces; undefined where it is too large. */
  readonly chunks: readonly Buffer[] | undefined;
}

/** Reads the request to its end, as the sender reads no answer before. Throws where it breaks off. */
async function read(request: http.IncomingMessage): Promise<Content> {
  let chunks: Buffer[] | undefined = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_BYTES) chunks = undefined;
    chunks?.push(part);
  }
  return { bytes, chunks };
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
