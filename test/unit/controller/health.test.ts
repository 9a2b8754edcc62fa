import { once } from 'node:events';
import type { Server } from 'node:http';

import { expect } from 'chai';

import { serveHealth } from '../../../controller/health.ts';

describe('health of the controller', () => {
  let server: Server;
  let ready = false;
  before(async () => {
    server = serveHealth(0, () => ready);
    await once(server, 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const status = async (path: string) => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  };

  it('is well as soon as it answers, and ready when its informers have synced', async () => {
    expect([await status('/healthz'), await status('/readyz')]).to.deep.equal([200, 503]);
    ready = true;
    expect([await status('/readyz'), await status('/readyz?verbose'), await status('/')]).to.deep.equal([
      200, 200, 404,
    ]);
  });
});
