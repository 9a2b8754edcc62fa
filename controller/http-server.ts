import { createServer } from 'node:http';
import type { Server } from 'node:http';

export interface HttpSources {
  readonly isReady: () => boolean;
  readonly metrics: () => string;
}

const TEXT = 'text/plain; charset=utf-8';
/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/** `/healthz`: the process answers. `/readyz`: every informer has synced. `/metrics`: what it has done. */
export function serveHttp(port: number, { isReady, metrics }: HttpSources): Server {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': METRICS_TEXT }).end(metrics());
      return;
    }
    const status = path === '/healthz' ? 200 : path === '/readyz' ? (isReady() ? 200 : 503) : 404;
    response.writeHead(status, { 'content-type': TEXT }).end(status === 200 ? 'ok\n' : `${status}\n`);
  });
  return server.listen(port);
}
