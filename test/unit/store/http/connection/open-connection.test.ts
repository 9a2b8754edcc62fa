import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { openConnection } from '../../../../../shared/store/http/connection/open-connection.ts';
import { NetworkError } from '../../../../../shared/store/http/message/network-error.ts';

describe('a connection that is given up', () => {
  it('is not waited for, also where that comes before the first packet is sent', async () => {
    const sockets: Socket[] = [];
    // Takes connections, and never answers.
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const controller = new AbortController();
    const trust = {
      tlsOptions: () => {
        controller.abort();
        return Promise.resolve({ rejectUnauthorized: false });
      },
    };
    try {
      const error: unknown = await openConnection({
        url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`),
        trust,
        connectMs: 3_600_000,
        mayConnect: () => true,
        signal: controller.signal,
      }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(NetworkError).with.property('message', 'given up');
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
