import { once } from 'node:events';
import type { Server } from 'node:http';

import { expect } from 'chai';

import { serveHttp } from '../../../controller/http-server.ts';

describe('the HTTP server of the controller', () => {
  let server: Server;
  let ready = false;
  before(async () => {
    server = serveHttp(0, {
      readiness: () => [
        { name: 'customruns', ok: true, detail: 'watched' },
        { name: 'resolutionrequests', ok: ready, detail: 'not served' },
      ],
      metrics: () => 'a 1\n',
    });
    await once(server, 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const get = async (path: string) => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return await fetch(`http://127.0.0.1:${port}${path}`);
  };
  const status = async (path: string) => (await get(path)).status;

  it('is well as soon as it answers, and ready when its informers have synced', async () => {
    expect([await status('/healthz'), await status('/readyz')]).to.deep.equal([200, 503]);
    ready = true;
    expect([await status('/readyz'), await status('/readyz?verbose'), await status('/')]).to.deep.equal([
      200, 200, 404,
    ]);
  });

  it('says of each part how it is, where it is asked to', async () => {
    ready = false;
    const response = await get('/readyz?verbose');
    expect(response.status).to.equal(503);
    expect(await response.text()).to.equal('[+]customruns watched\n[-]resolutionrequests not served\n503\n');
  });

  it('serves metrics as Prometheus wants them', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).to.equal('a 1\n');
  });
});
