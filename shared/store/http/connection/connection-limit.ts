import { once } from 'node:events';

/** The connections that keep a line busy. A registry counts connections by client, and a join may have hundreds of parts. */
const MOST = 16;

/** A connection that waits for its next request. */
interface RestingConnection {
  readonly alive: boolean;
  destroy(): void;
}

interface Line {
  busy: number;
  /** The idle connections; those that have rested for longest come first. */
  readonly resting: Set<RestingConnection>;
  /** The callers that wait for a turn, in order. */
  readonly waiting: Set<() => void>;
}

/** Bounds the connections to each origin, over all clients that share this. */
export class ConnectionLimit {
  readonly #most: number;
  readonly #lines = new Map<string, Line>();

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Waits for a turn, in order. Each is given back. @throws the reason of the signal */
  async take(origin: string, signal?: AbortSignal): Promise<void> {
    const line = this.#line(origin);
    signal?.throwIfAborted();
    if (line.busy < this.#most) {
      line.busy += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    line.waiting.add(resolve);
    const done = new AbortController();
    try {
      const aborted = signal === undefined ? [] : [once(signal, 'abort', { signal: done.signal })];
      await Promise.race([promise, ...aborted]);
      signal?.throwIfAborted();
    } catch (error) {
      // The turn may have come with the end.
      if (!line.waiting.delete(resolve)) this.give(origin);
      throw error;
    } finally {
      done.abort();
    }
  }

  give(origin: string): void {
    const line = this.#line(origin);
    const [next] = line.waiting;
    if (next === undefined) {
      line.busy -= 1;
      return;
    }
    line.waiting.delete(next);
    next();
  }

  /** The connection waits for its next request. Another client's turn may end it. */
  rest(origin: string, connection: RestingConnection): void {
    this.#line(origin).resting.add(connection);
  }

  wake(origin: string, connection: RestingConnection): void {
    this.#line(origin).resting.delete(connection);
  }

  /** Ends connections that rest, until a new one fits in: whoever opens it has a turn. */
  makeRoom(origin: string): void {
    const { busy, resting } = this.#line(origin);
    for (const connection of resting) {
      if (connection.alive && busy + resting.size <= this.#most) continue;
      resting.delete(connection);
      connection.destroy();
    }
  }

  #line(origin: string): Line {
    const line = this.#lines.get(origin) ?? { busy: 0, resting: new Set(), waiting: new Set() };
    this.#lines.set(origin, line);
    return line;
  }
}
