import type { Connection } from './connection.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import { openConnection } from './open-connection.ts';
import type { Trust } from './trust.ts';

export interface PoolOptions {
  /** The certificates to believe at the host of a URL. */
  readonly trust: (url: URL) => Trust;
  /** The proxy on the way to a URL's host. */
  readonly proxy: (url: URL) => URL | undefined;
  readonly connectMs: number;
  /** Other clients may share it. */
  readonly limit: ConnectionLimit;
  /** May a URL's host be reached at this address? */
  readonly mayConnect: (url: URL, address: string) => boolean;
  /** Told of each new connection: the address is nothing behind a proxy. */
  readonly connected: (url: URL, address: string | undefined) => void;
}

const IDLE_MS = 30_000;
/** So many kept connections that end under their next request, one after another: this server keeps none, and does not say so. */
const MOST_LOST = 2;

/** Connections that wait for their next request, by origin. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Connection[]>();
  readonly #busy = new Set<Connection>();
  /** The connections that an earlier request has used. */
  readonly #reused = new WeakSet<Connection>();
  /** How many of those were lost since one of them was of use, by origin. */
  readonly #lost = new Map<string, number>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Waits while the origin has as many connections as it may have. */
  async acquire(url: URL, signal?: AbortSignal): Promise<Connection> {
    const { limit } = this.#options;
    await limit.take(url.origin, signal);
    try {
      const connection = this.#awaken(url) ?? (await this.#open(url, signal));
      this.#busy.add(connection);
      return connection;
    } catch (error) {
      limit.give(url.origin);
      throw error;
    }
  }

  #awaken({ origin }: URL): Connection | undefined {
    const idle = this.#idle.get(origin) ?? [];
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      this.#options.limit.wake(origin, kept);
      if (kept.alive && this.#keeps(origin)) {
        kept.wake();
        this.#reused.add(kept);
        return kept;
      }
      kept.destroy();
    }
    return undefined;
  }

  async #open(url: URL, signal: AbortSignal | undefined): Promise<Connection> {
    const { trust, proxy, connectMs, mayConnect, connected, limit } = this.#options;
    limit.makeRoom(url.origin);
    const connection = await openConnection({
      url,
      trust: trust(url),
      proxy: proxy(url),
      connectMs,
      mayConnect: (address) => mayConnect(url, address),
      signal,
    });
    connected(url, connection.address);
    return connection;
  }

  /** Keeps a connection on which everything was read. */
  release(url: URL, connection: Connection): void {
    const { limit } = this.#options;
    if (this.#reused.has(connection)) this.#lost.delete(url.origin);
    if (!connection.alive || !this.#keeps(url.origin)) {
      this.drop(url, connection);
      return;
    }
    this.#busy.delete(connection);
    const idle = this.#idle.get(url.origin) ?? [];
    this.#idle.set(url.origin, idle);
    connection.rest(IDLE_MS);
    idle.push(connection);
    limit.rest(url.origin, connection);
    limit.give(url.origin);
  }

  /** Told of a connection that ended before its answer. Who kept that one for another request may have been wrong. */
  noteCut({ origin }: URL, connection: Connection): void {
    if (this.#reused.has(connection)) this.#lost.set(origin, (this.#lost.get(origin) ?? 0) + 1);
  }

  #keeps(origin: string): boolean {
    return (this.#lost.get(origin) ?? 0) < MOST_LOST;
  }

  drop({ origin }: URL, connection: Connection): void {
    this.#busy.delete(connection);
    connection.destroy();
    this.#options.limit.give(origin);
  }

  close(): void {
    for (const [origin, idle] of this.#idle) {
      for (const connection of idle) {
        this.#options.limit.wake(origin, connection);
        connection.destroy();
      }
    }
    for (const connection of this.#busy) connection.destroy();
    this.#idle.clear();
    this.#busy.clear();
  }
}
