import type { Transfer } from '../transfer.ts';
import { bodyFraming } from './message/body-framing.ts';
import { ConnectionPool } from './connection/connection-pool.ts';
import type { PoolOptions } from './connection/connection-pool.ts';
import { exchange } from './exchange.ts';
import type { HttpRequest, HttpResponse } from './message/http-message.ts';
import { NetworkError } from './message/network-error.ts';
import { ResponseBody } from './response-body.ts';

interface HttpClientOptions extends PoolOptions {
  /** Milliseconds without a byte in either direction. */
  readonly stallMs: number;
  readonly transfer: Transfer;
}

/** HTTP/1.1 over kept connections: one request, one answer; no redirects, no retries, no authentication. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #pool: ConnectionPool;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options);
  }

  /** Fails with a `NetworkError`, or with what a body's source threw. The caller reads or discards the answer's body. */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const { transfer, stallMs } = this.#options;
    transfer.requests++;
    const connection = await this.#pool.acquire(request.url, signal);
    const abort = (): void => connection.destroy(new NetworkError('cut', 'given up'));
    signal?.addEventListener('abort', abort, { once: true });
    const settle = (keep: boolean): void => {
      signal?.removeEventListener('abort', abort);
      if (keep) this.#pool.release(request.url, connection);
      else this.#pool.drop(request.url, connection);
    };

    try {
      const { head, rest, complete } = await exchange({ connection, request, stallMs, transfer });
      const body = new ResponseBody({
        connection,
        rest,
        framing: bodyFraming(request.method, head),
        stallMs,
        transfer,
        settle: (whole) => settle(whole && complete && head.persistent),
      });
      return {
        url: request.url,
        status: head.status,
        headers: head.headers,
        read: (sink) => body.read(sink),
        discard: () => body.discard(),
      };
    } catch (error) {
      const isCut = error instanceof NetworkError && error.fault === 'cut' && signal?.aborted !== true;
      if (isCut) this.#pool.noteCut(request.url, connection);
      settle(false);
      throw error;
    }
  }

  close(): void {
    this.#pool.close();
  }
}
