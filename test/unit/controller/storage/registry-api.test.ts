import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { RegistryApi } from '../../../../controller/storage/registry/registry-api.ts';

describe('the registry as the housekeeper asks it', () => {
  it('is asked again for its name where a proxy answered for it, which does not know it', async () => {
    let isAway = true;
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
      if (pathname === '/token') response.writeHead(searchParams.get('service') === 'the registry' ? 200 : 400);
      else if (isAway) response.writeHead(502);
      else if (pathname === '/v2/') {
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://x/token",service="the registry"' });
      }
      response.end(JSON.stringify({ token: 'token', tags: ['v1'] }));
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const api = new RegistryApi({ origin, realm: `${origin}/token`, readPodToken: () => Promise.resolve('pod') });
      const tags = async () => await api.tags('team/a', AbortSignal.timeout(10_000)).catch(String);
      expect(await tags()).to.contain('gives no token: 400');
      isAway = false;
      expect(await tags()).to.deep.equal(['v1']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
