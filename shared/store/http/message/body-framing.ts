import { contentLength } from './http-message.ts';
import { NetworkError } from './network-error.ts';
import type { ResponseHead } from './response-head.ts';

/** Cuts the body of one message out of the bytes of a connection (RFC 9112, section 6). */
export interface BodyFraming {
  /** Everything of the body has been seen. */
  readonly done: boolean;
  /** The connection's end is the body's end. */
  readonly endsWithConnection: boolean;
  /** Bytes of the body still to come, when that is known. */
  readonly remaining: number | undefined;
  /** The parts of `chunk` that belong to the body, in order, as views of it. */
  take(chunk: Buffer): Iterable<Buffer>;
}

export function bodyFraming(method: string, head: ResponseHead): BodyFraming {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return new FixedLength(0);
  const encoding = head.headers.get('transfer-encoding');
  if (encoding !== undefined) {
    if (encoding.toLowerCase() === 'chunked') return new Chunked();
    throw new NetworkError('protocol', `the answer has the unknown transfer encoding "${encoding}"`);
  }
  if (head.headers.has('content-length')) {
    const length = contentLength(head.headers);
    if (length === undefined) throw new NetworkError('protocol', 'the answer has a malformed length');
    return new FixedLength(length);
  }
  return new UntilClose();
}

class FixedLength implements BodyFraming {
  readonly endsWithConnection = false;
  #remaining: number;

  constructor(length: number) {
    this.#remaining = length;
  }

  get done(): boolean {
    return this.#remaining === 0;
  }

  get remaining(): number {
    return this.#remaining;
  }

  take(chunk: Buffer): Iterable<Buffer> {
    if (chunk.length > this.#remaining) throw new NetworkError('protocol', 'more came than the answer announced');
    this.#remaining -= chunk.length;
    return [chunk];
  }
}

class UntilClose implements BodyFraming {
  readonly done = false;
  readonly endsWithConnection = true;
  readonly remaining = undefined;

  take(chunk: Buffer): Iterable<Buffer> {
    return [chunk];
  }
}

const LINE_BYTES = 4096;

/** `size CRLF data CRLF ... 0 CRLF trailers CRLF` */
class Chunked implements BodyFraming {
  readonly endsWithConnection = false;
  readonly remaining = undefined;
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  /** Bytes of data left in the current chunk. */
  #left = 0;
  #line = '';

  get done(): boolean {
    return this.#state === 'done';
  }

  *take(bytes: Buffer): Iterable<Buffer> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = 'data-end';
        yield part;
        continue;
      }
      if (this.#state === 'done') throw new NetworkError('protocol', 'more came than the answer announced');
      const lineFeed = bytes.indexOf(0x0a, at);
      const end = lineFeed < 0 ? bytes.length : lineFeed;
      this.#line += bytes.toString('latin1', at, end);
      if (this.#line.length > LINE_BYTES) throw new NetworkError('protocol', 'the answer has an endless line');
      at = end + 1;
      if (lineFeed >= 0) this.#endLine();
    }
  }

  #endLine(): void {
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    switch (this.#state) {
      case 'size': {
        const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
        if (size === undefined) throw new NetworkError('protocol', 'the answer has a malformed chunk');
        this.#left = Number.parseInt(size, 16);
        this.#state = this.#left === 0 ? 'trailer' : 'data';
        break;
      }
      case 'data-end':
        if (line !== '') throw new NetworkError('protocol', 'the answer has a malformed chunk');
        this.#state = 'size';
        break;
      case 'trailer':
        if (line === '') this.#state = 'done';
        break;
      case 'data':
      case 'done':
        break;
    }
  }
}
