import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { sha256 } from '../../../../shared/store/digest.ts';
import { ConnectionLimit } from '../../../../shared/store/http/connection/connection-limit.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { OPTIONS } from '../fault-bench.ts';

const MOST = 4;
const BLOBS = 30;

/** A registry that counts its connections, and answers a blob when it is told to. */
class CountingRegistry {
  most = 0;
  readonly content = Buffer.from('content');
  readonly #server: Server;
  readonly #held: (() => void)[] = [];
  #open = 0;
  #holds: boolean;

  private constructor(holds: boolean) {
    this.#holds = holds;
    this.#server = createServer((request, response) => {
      const answer = (): void => void response.end(request.url === '/v2/' ? '' : this.content);
      if (this.#holds && request.url?.includes('/blobs/') === true) this.#held.push(answer);
      else answer();
    });
    this.#server.on('connection', (socket) => {
      this.most = Math.max(this.most, ++this.#open);
      socket.on('close', () => this.#open--);
    });
  }

  static async start({ holds = false } = {}): Promise<CountingRegistry> {
    const registry = new CountingRegistry(holds);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get held(): number {
    return this.#held.length;
  }

  goOn(): void {
    this.#holds = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('connections to a registry', () => {
  let registry: CountingRegistry;
  let stores: Store[] = [];
  afterEach(async () => {
    for (const store of stores) await store.close();
    stores = [];
    await registry.stop();
  });

  const open = (repository: string, connections: ConnectionLimit): Store => {
    const { store } = openStore(`${registry.host}/${repository}`, { ...OPTIONS, connections });
    stores.push(store);
    return store;
  };
  const read = async (store: Store, signal?: AbortSignal): Promise<void> => {
    const { content } = registry;
    const descriptor = { mediaType: 'x', digest: sha256(content), size: content.length };
    await store.readBlob(descriptor, () => {}, undefined, signal);
  };

  it('are bounded over all repositories, however many requests there are at once, and all of these are answered', async () => {
    registry = await CountingRegistry.start();
    const connections = new ConnectionLimit(MOST);
    const parts = Array.from({ length: 8 }, (_, part) => open(`part-${part}`, connections));
    await Promise.all(parts.flatMap((store) => Array.from({ length: BLOBS }, async () => await read(store))));
    // The registry hears of the end of one after the next one has begun.
    expect(registry.most).to.be.within(2, 2 * MOST);
  });

  it('are as many as are of use, where nothing is said', async () => {
    registry = await CountingRegistry.start();
    const { store } = openStore(`${registry.host}/app`, OPTIONS);
    stores.push(store);
    await Promise.all(Array.from({ length: 257 }, async () => await read(store)));
    expect(registry.most).to.be.within(2, 16);
  });

  it('are not waited for by who has given up, and its turn is the next one’s', async () => {
    registry = await CountingRegistry.start({ holds: true });
    const store = open('app', new ConnectionLimit(1));
    const first = read(store);
    while (registry.held === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const controller = new AbortController();
    const given = read(store, controller.signal).catch((error: unknown) => error);
    const third = read(store);
    controller.abort();
    expect(await given).to.be.instanceOf(Error);
    registry.goOn();
    await Promise.all([first, third]);
    expect(registry.most).to.equal(1);
  });

  it('that could not be made give their turn back', async () => {
    registry = await CountingRegistry.start();
    const connections = new ConnectionLimit(1);
    const { store: nowhere } = openStore('127.0.0.1:1/app', { ...OPTIONS, connections });
    stores.push(nowhere);
    for (let time = 0; time < 2; time++)
      expect(await read(nowhere).catch((error: unknown) => error)).to.be.instanceOf(Error);
    await read(open('app', connections));
  });
});
