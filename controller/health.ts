import { createServer } from 'node:http';
import type { Server } from 'node:http';

/** `/healthz`: the process answers. `/readyz`: every informer has synced. */
export function serveHealth(port: number, isReady: () => boolean): Server {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const status = path === '/healthz' ? 200 : path === '/readyz' ? (isReady() ? 200 : 503) : 404;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok\n' : `${status}\n`);
  });
  return server.listen(port);
}
