import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';

import { expect } from 'chai';

import { serveNotifications } from '../../../../controller/storage/notifications/notification-server.ts';
import type { BoundedServer } from '../../../../controller/server/bounded-server.ts';
import type { RegistryEvent } from '../../../../controller/storage/notifications/registry-event.ts';
import type { Log } from '../../../../shared/log.ts';

const MIB = 1024 * 1024;
const SECRET = 'the secret';

describe('the server of notifications', () => {
  let notifications: BoundedServer;
  let port: number;
  let events: RegistryEvent[];
  let outcomes: string[];
  let losses: number;
  let warnings: string[];

  beforeEach(async () => {
    [events, outcomes, losses, warnings] = [[], [], 0, []];
    const ignore = (): void => undefined;
    const warn = (message: string): void => void warnings.push(message);
    const log: Log = { debug: ignore, info: ignore, warn, error: warn, child: () => log };
    notifications = serveNotifications(0, {
      secret: () => SECRET,
      take: (event) => void events.push(event),
      count: (outcome) => void outcomes.push(outcome),
      onLoss: () => losses++,
      log,
    });
    await once(notifications.server, 'listening');
    port = (notifications.server.address() as AddressInfo).port;
  });
  afterEach(() => {
    notifications.server.closeAllConnections();
    notifications.server.close();
  });

  const post = async (body: string, secret = SECRET): Promise<number> => {
    const headers = { authorization: `Bearer ${secret}` };
    const response = await fetch(`http://127.0.0.1:${port}/notifications`, { method: 'POST', headers, body });
    await response.body?.cancel();
    return response.status;
  };
  const digest = `sha256:${'a'.repeat(64)}`;
  const pushed = (annotation = ''): string => {
    const references = [{ digest, size: 1, annotations: { annotation } }];
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const target = { repository: 'team/app', digest, mediaType, size: 1, references };
    // As Go writes it.
    return JSON.stringify({ events: [{ action: 'push', target }] }).replaceAll('<', String.raw`\u003c`);
  };

  it('takes an event of any manifest that a registry takes', async () => {
    expect(await post(pushed('<'.repeat(4 * MIB)))).to.equal(200);
    expect(outcomes).to.deep.equal(['taken']);
    expect(events).to.have.length(1);
  });

  for (const [what, outcome, content] of [
    ['is longer', 'too-large', ' '.repeat(40 * MIB)],
    ['is no JSON', 'malformed', '{'],
  ] as const) {
    it(`answers 200 to what ${what}, so that the next one comes, and says that something was lost`, async () => {
      expect(await post(content)).to.equal(200);
      expect(await post(pushed())).to.equal(200);
      expect(outcomes).to.deep.equal([outcome, 'taken']);
      expect(losses).to.equal(1);
    });
  }

  it('has room for the registry when another address opens as many connections as it can', async () => {
    const sockets = Array.from({ length: 60 }, () =>
      net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }),
    );
    try {
      await Promise.all(
        sockets.map(
          async (socket) =>
            await once(
              socket.on('error', () => undefined),
              'connect',
            ),
        ),
      );
      expect(await post(pushed())).to.equal(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('refuses who does not know the secret, counts each, and writes one line', async () => {
    for (let at = 0; at < 20; at++) expect(await post(pushed(), 'another')).to.equal(401);
    expect(outcomes).to.deep.equal(Array.from({ length: 20 }, () => 'refused'));
    expect(warnings).to.have.length(1);
    expect(events).to.deep.equal([]);
  });
});
