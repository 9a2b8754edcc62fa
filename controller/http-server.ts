import { createServer } from 'node:http';
import type { Server } from 'node:http';

import type { Readiness } from './kube/work/when-served.ts';

export interface HttpSources {
  /** The state of each part; all have to be ok. */
  readonly readiness: () => readonly Readiness[];
  readonly metrics: () => string;
}

const TEXT = 'text/plain; charset=utf-8';
/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * `/healthz`: the process answers. `/readyz`: every part that is needed follows the API server; `?verbose` tells of each.
 * `/metrics`: what it has done.
 */
export function serveHttp(port: number, { readiness, metrics }: HttpSources): Server {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://controller');
    if (pathname === '/metrics') {
      response.writeHead(200, { 'content-type': METRICS_TEXT }).end(metrics());
      return;
    }
    const parts = pathname === '/readyz' ? readiness() : [];
    const isKnown = pathname === '/healthz' || pathname === '/readyz';
    const status = !isKnown ? 404 : parts.every(({ ok }) => ok) ? 200 : 503;
    const lines = searchParams.has('verbose') ? parts.map(lineOf).join('') : '';
    response.writeHead(status, { 'content-type': TEXT }).end(`${lines}${status === 200 ? 'ok' : status}\n`);
  });
  return server.listen(port);
}

/** As the API server writes its own: https://kubernetes.io/docs/reference/using-api/health-checks/ */
function lineOf({ name, ok, detail }: Readiness): string {
  return `[${ok ? '+' : '-'}]${name} ${detail}\n`;
}
