/** The thread of `HealthServer`: an HTTP server that can tell when the main thread stands still. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { elapsedMs } from '../../shared/clock.ts';
import type { Readiness } from '../kube/work/when-served.ts';
import { healthAnswer } from './answer.ts';

export interface HealthThreadOptions {
  readonly port: number;
  /** How long the main thread may stand still before it is taken for dead; milliseconds. */
  readonly stillMs: number;
}

export type ToThread =
  | { readonly kind: 'readiness'; readonly parts: readonly Readiness[] }
  | { readonly kind: 'metrics'; readonly text: string }
  | { readonly kind: 'end' };

export type ToMain = { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'readiness' | 'metrics' };

const TEXT = 'text/plain; charset=utf-8';
/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
/** How long to wait for fresh readiness of the main thread. After that, its last message counts. */
const NEWER_MS = 200;
/** Prometheus waits for 10 s. */
const METRICS_MS = 9000;
/** Whoever reaches the port may ask; the thread has little memory. */
const MOST_CONNECTIONS = 64;
const TIMEOUTS = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 30_000 };

const { port, stillMs }: HealthThreadOptions = workerData;
let heardAt = elapsedMs();
let parts: readonly Readiness[] | undefined;
let waiting: ((message: ToThread) => void)[] = [];
let metricsUnderWay: ReturnType<typeof ask<'metrics'>> | undefined;

parentPort?.on('message', (message: ToThread) => {
  heardAt = elapsedMs();
  if (message.kind === 'end') process.exit();
  if (message.kind === 'readiness') parts = message.parts;
  const asked = waiting;
  waiting = [];
  for (const hear of asked) hear(message);
});

/** The next message of a kind from the main thread; undefined where none comes in time. */
async function ask<Kind extends 'readiness' | 'metrics'>(
  kind: Kind,
  patienceMs: number,
): Promise<Extract<ToThread, { kind: Kind }> | undefined> {
  const given = new AbortController();
  const word = new Promise<Extract<ToThread, { kind: Kind }>>((resolve) => {
    const hear = (message: ToThread): void => {
      if (isOf(kind, message)) resolve(message);
      else waiting.push(hear);
    };
    waiting.push(hear);
  });
  tell({ kind });
  const late = delay(patienceMs, undefined, { signal: given.signal }).catch(() => undefined);
  try {
    return await Promise.race([word, late]);
  } finally {
    given.abort();
  }
}

function isOf<Kind extends ToThread['kind']>(
  kind: Kind,
  message: ToThread,
): message is Extract<ToThread, { kind: Kind }> {
  return message.kind === kind;
}

function tell(message: ToMain): void {
  parentPort?.postMessage(message, []);
}

async function answer({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = URL.parse(url, 'http://health');
  if (asked === null) {
    response.writeHead(400, { 'content-type': TEXT }).end('400\n');
    return;
  }
  const { pathname, searchParams } = asked;
  if (pathname === '/metrics') {
    // Questions that come meanwhile have the same answer: the main thread writes one text at a time.
    metricsUnderWay ??= ask('metrics', METRICS_MS).finally(() => (metricsUnderWay = undefined));
    const metrics = await metricsUnderWay;
    if (metrics === undefined) response.writeHead(503, { 'content-type': TEXT }).end('the main thread is busy\n');
    else response.writeHead(200, { 'content-type': METRICS_TEXT }).end(metrics.text);
    return;
  }
  if (pathname === '/readyz') await ask('readiness', NEWER_MS);
  const main = { silentMs: elapsedMs() - heardAt, stillMs, parts };
  const { status, text } = healthAnswer(pathname, searchParams.has('verbose'), main);
  response.writeHead(status, { 'content-type': TEXT }).end(text);
}

const server = createServer(TIMEOUTS, (request, response) => void answer(request, response));
server.maxConnections = MOST_CONNECTIONS;
server.listen(port);
await once(server, 'listening');
const address = server.address();
tell({ kind: 'listening', port: typeof address === 'object' && address !== null ? address.port : port });
