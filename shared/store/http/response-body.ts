import type { Transfer } from '../transfer.ts';
import type { BodyFraming } from './message/body-framing.ts';
import type { Connection } from './connection/connection.ts';
import { NetworkError } from './message/network-error.ts';

interface ResponseBodyOptions {
  readonly connection: Connection;
  readonly framing: BodyFraming;
  /** What came behind the head, valid until the connection's next read. */
  readonly rest: Buffer;
  readonly stallMs: number;
  readonly transfer: Transfer;
  /** Called once, when the connection is free; `whole`: all of the body was read. */
  readonly settle: (whole: boolean) => void;
}

type Sink = (chunk: Uint8Array) => void | Promise<void>;

/** Rests up to this are read to keep their connection. */
const DISCARD_BYTES = 64 * 1024;

/** The body of one answer: read once, or discarded. */
export class ResponseBody {
  readonly #options: ResponseBodyOptions;
  #settled = false;

  constructor(options: ResponseBodyOptions) {
    this.#options = options;
    if (options.framing.done) this.#settle(options.rest.length === 0);
  }

  async read(sink: Sink): Promise<void> {
    if (this.#settled) return;
    try {
      await this.#pump(sink);
    } catch (error) {
      this.#settle(false);
      throw error;
    }
    this.#settle(!this.#options.framing.endsWithConnection);
  }

  async discard(): Promise<void> {
    const { framing } = this.#options;
    if (framing.endsWithConnection || (framing.remaining ?? 0) > DISCARD_BYTES) return this.#settle(false);
    let left = DISCARD_BYTES;
    try {
      await this.read((chunk) => {
        left -= chunk.length;
        if (left < 0) throw new NetworkError('protocol', 'too much to discard');
      });
    } catch (error) {
      // Nobody wants these bytes, and a connection that failed is gone already.
      if (!(error instanceof NetworkError)) throw error;
    }
  }

  async #pump(sink: Sink): Promise<void> {
    const { connection, framing, rest, stallMs, transfer } = this.#options;
    for (let chunk: Buffer | undefined = rest; chunk; chunk = await connection.read(stallMs)) {
      for (const part of framing.take(chunk)) {
        if (part.length === 0) continue;
        transfer.bytesReceived += part.length;
        const held = sink(part);
        if (held) await held;
      }
      if (framing.done) return;
    }
    if (!framing.endsWithConnection) throw new NetworkError('cut', 'the connection ended in the middle of a body');
  }

  #settle(whole: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#options.settle(whole);
  }
}
