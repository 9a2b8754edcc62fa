import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import { OPTIONS } from '../fault-bench.ts';
import { errorOf } from '../store-contract.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const SECRET = 'what only this machine may read';

describe('a registry that is not to be believed', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  const serve = async (address: string, handler: Handler): Promise<string> => {
    const server = createServer(handler).listen(0, address);
    servers.push(server);
    await once(server, 'listening');
    return `${address}:${(server.address() as AddressInfo).port}`;
  };

  /** An address of this machine that is not loopback, as that of a registry. */
  const outside = (): string => {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const found = all.find(({ internal, family }) => !internal && family === 'IPv4');
    if (found === undefined) throw new Error('this machine has no network');
    return found.address;
  };

  /** Answers `/v2/`, and everything else as told. */
  const registry = async (address: string, handler: Handler): Promise<string> =>
    await serve(address, (request, response) =>
      request.url === '/v2/' ? response.writeHead(200).end() : handler(request, response),
    );

  const read = async (host: string, insecure: boolean): Promise<Error> => {
    const { store } = openStore(`${host}/app`, { ...OPTIONS, insecure });
    const blob = { mediaType: 'x', digest: sha256(Buffer.from(SECRET)), size: SECRET.length };
    const error = await errorOf(store.readBlob(blob, () => undefined));
    await store.close();
    return error as Error;
  };

  for (const scheme of ['http', 'https']) {
    it(`leads nobody to this machine by a redirect to ${scheme}`, async () => {
      let asked = 0;
      const inner = await serve('127.0.0.1', (_, response) => {
        asked++;
        response.end(SECRET);
      });
      servers.at(-1)!.on('connection', () => asked++);
      const host = await registry(outside(), (_, response) =>
        response.writeHead(307, { location: `${scheme}://localhost:${inner.split(':')[1]}/` }).end(),
      );
      const error = await read(host, true);
      expect(error).to.have.property('code', ERROR_CODES.Unreachable);
      expect(error.message).to.match(
        scheme === 'http' ? /without TLS/ : /localhost, which is at .*nearer to this machine/,
      );
      expect(asked).to.equal(0);
    });
  }

  it('leads no credentials to a token server on this machine', async () => {
    let asked = 0;
    const inner = await serve('127.0.0.1', (_, response) => response.end());
    servers.at(-1)!.on('connection', () => asked++);
    const host = await registry(outside(), (_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="https://${inner}/token",service="s"` }).end(),
    );
    expect((await read(host, true)).message).to.match(/nearer to this machine/);
    expect(asked).to.equal(0);
  });

  it('has nothing of what another host says in its messages', async () => {
    for (const code of [403, 404, 500]) {
      const other = await serve('127.0.0.1', (_, response) => response.writeHead(code).end(SECRET));
      const host = await registry('127.0.0.1', (_, response) =>
        response.writeHead(307, { location: `http://${other}/` }).end(),
      );
      expect((await read(host, false)).message).to.not.include(SECRET);
    }
    const tokens = await serve('127.0.0.1', (_, response) => response.writeHead(418).end(SECRET));
    const host = await registry('127.0.0.1', (_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${tokens}/",service="s"` }).end(),
    );
    expect((await read(host, false)).message).to.not.include(SECRET);
  });

  it('that shows nothing to everybody has nothing there to fetch, and refuses to be written to', async () => {
    const tokens = await serve('127.0.0.1', (_, response) => response.end('{"token":"t"}'));
    const host = await registry('127.0.0.1', (request, response) => {
      const challenge = { 'www-authenticate': `Bearer realm="http://${tokens}/",service="s"` };
      const known = request.headers.authorization === 'Bearer t';
      response.writeHead(known && request.url?.includes('forbidden') ? 403 : 401, challenge).end();
    });
    for (const repository of ['new', 'forbidden']) {
      const warnings: string[] = [];
      const { store } = openStore(`${host}/${repository}`, { ...OPTIONS, warn: (text) => warnings.push(text) });
      expect(await store.headManifest('v1')).to.equal(undefined);
      expect(await store.getManifest('v1')).to.equal(undefined);
      expect(warnings.join()).to.include('no credentials for it were found');
      const error = await errorOf(store.putManifest('v1', 'application/json', Buffer.from('{}')));
      expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
      await store.close();
    }
  });
});
