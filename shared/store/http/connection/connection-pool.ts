import { Connection } from './connection.ts';
import type { Trust } from './trust.ts';

export interface PoolOptions {
  /** Whom to believe at a URL's host. */
  readonly trust: (url: URL) => Trust;
  /** The proxy on the way to a URL's host. */
  readonly proxy: (url: URL) => URL | undefined;
  readonly connectMs: number;
  /** May a URL's host be reached at this address? */
  readonly mayConnect: (url: URL, address: string) => boolean;
  /** Told of each new connection: the address is nothing behind a proxy. */
  readonly connected: (url: URL, address: string | undefined) => void;
}

const IDLE_MS = 30_000;
const IDLE_CONNECTIONS = 16;

/** Connections that wait for their next request, by origin. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Connection[]>();
  readonly #busy = new Set<Connection>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async acquire(url: URL, signal?: AbortSignal): Promise<Connection> {
    const idle = this.#idle.get(url.origin) ?? [];
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      if (kept.alive) {
        kept.wake();
        this.#busy.add(kept);
        return kept;
      }
      kept.destroy();
    }
    const { trust, proxy, connectMs, mayConnect, connected } = this.#options;
    const connection = await Connection.open({
      url,
      trust: trust(url),
      proxy: proxy(url),
      connectMs,
      mayConnect: (address) => mayConnect(url, address),
      signal,
    });
    connected(url, connection.address);
    this.#busy.add(connection);
    return connection;
  }

  /** Keeps a connection on which everything was read. */
  release(url: URL, connection: Connection): void {
    this.#busy.delete(connection);
    const idle = this.#idle.get(url.origin) ?? [];
    this.#idle.set(url.origin, idle);
    if (!connection.alive || idle.length >= IDLE_CONNECTIONS) {
      connection.destroy();
      return;
    }
    connection.rest(IDLE_MS);
    idle.push(connection);
  }

  drop(connection: Connection): void {
    this.#busy.delete(connection);
    connection.destroy();
  }

  close(): void {
    for (const idle of this.#idle.values()) for (const connection of idle) connection.destroy();
    for (const connection of this.#busy) connection.destroy();
    this.#idle.clear();
    this.#busy.clear();
  }
}
