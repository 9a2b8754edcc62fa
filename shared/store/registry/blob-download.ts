import { BlobError, ERROR_CODES } from '../../errors.ts';
import { Digester } from '../digest.ts';
import { contentLength } from '../http/message/http-message.ts';
import type { HttpResponse } from '../http/message/http-message.ts';
import { NetworkError } from '../http/message/network-error.ts';
import { StatusError } from '../http/message/status-error.ts';
import type { BlobRange, BlobSink, Descriptor } from '../store.ts';
import type { RegistryClient } from './client/registry-client.ts';

/** A transfer that got this far since its last failure is going well: it has all its retries again. */
const PROGRESS_BYTES = 1024 * 1024;

interface BlobDownloadOptions {
  readonly client: RegistryClient;
  readonly descriptor: Descriptor;
  readonly range?: BlobRange | undefined;
  readonly sink: BlobSink;
  readonly signal?: AbortSignal | undefined;
}

/** Streams a blob or a range of it. What was cut goes on at the byte reached; a whole blob is verified at its end. */
export class BlobDownload {
  readonly #options: BlobDownloadOptions;
  /** Behind its last byte. */
  readonly #end: number;
  readonly #digester: Digester | undefined;
  /** The next byte that the sink gets. */
  #at: number;

  constructor(options: BlobDownloadOptions) {
    const { descriptor, range } = options;
    this.#options = options;
    this.#at = range?.offset ?? 0;
    this.#end = range ? range.offset + range.length : descriptor.size;
    this.#digester = range ? undefined : new Digester();
    if (this.#end > descriptor.size) throw this.#mismatch(`it has no byte ${this.#end - 1}`);
  }

  async run(): Promise<void> {
    const { client, descriptor, signal } = this.#options;
    const budget = client.budget(signal);
    let reached = this.#at;
    while (this.#at < this.#end) {
      try {
        await this.#attempt();
      } catch (error) {
        if (this.#at - reached >= PROGRESS_BYTES) budget.refill();
        reached = this.#at;
        await budget.spend(this.#judge(error));
      }
    }
    const digest = this.#digester?.digest() ?? descriptor.digest;
    if (digest !== descriptor.digest) throw this.#mismatch(`what came has the digest ${digest}`);
  }

  async #attempt(): Promise<void> {
    const { client, descriptor, signal } = this.#options;
    const whole = this.#at === 0 && this.#end === descriptor.size;
    const headers: Record<string, string> = whole ? {} : { range: `bytes=${this.#at}-${this.#end - 1}` };
    const request = { method: 'GET', to: `blobs/${descriptor.digest}`, headers, expect: [200, 206] } as const;
    const response = await client.send(request, signal);
    const lie = this.#findLie(response);
    if (lie !== undefined) {
      await response.discard();
      throw this.#mismatch(`${response.url.host} ${lie}`);
    }
    // A server that ignores the range sends everything.
    if (!whole && response.status === 200) client.ignoresRanges = true;
    const before = this.#at;
    const partial = response.status === 206;
    await this.#receive(response, partial ? before : 0);
    // A server may send only the beginning of a range. In small pieces the download would never end.
    const goesOn = partial && this.#at - before >= PROGRESS_BYTES;
    if (this.#at < this.#end && !goesOn) {
      throw new NetworkError('cut', `${response.url.host} ended a blob after ${this.#at} of ${this.#end} bytes`);
    }
  }

  /** Takes what is wanted of a body that begins with the byte `from` of the blob. */
  async #receive(response: HttpResponse, from: number): Promise<void> {
    const exact = response.status === 206 || this.#end === this.#options.descriptor.size;
    let at = from;
    try {
      await response.read((chunk) => {
        const start = Math.max(this.#at - at, 0);
        const stop = Math.min(this.#end - at, chunk.length);
        if (exact && stop < chunk.length) throw this.#mismatch('more bytes came');
        at += chunk.length;
        if (start >= stop) return undefined;
        const held = this.#deliver(start === 0 && stop === chunk.length ? chunk : chunk.subarray(start, stop));
        return exact || this.#at < this.#end ? held : enough(held);
      });
    } catch (error) {
      if (!(error instanceof EnoughReceived)) throw error;
    }
  }

  #deliver(chunk: Uint8Array): void | Promise<void> {
    this.#digester?.update(chunk);
    this.#at += chunk.length;
    return this.#options.sink(chunk);
  }

  /** What the answer says of itself must fit the descriptor, before any of it is taken. */
  #findLie(response: HttpResponse): string | undefined {
    const partial = response.status === 206;
    const range = partial ? rangeOf(response) : undefined;
    if (range && (range.from !== this.#at || range.to < range.from || range.to >= this.#end)) {
      return 'answers with other bytes than those asked for';
    }
    const due = range ? range.to + 1 - range.from : this.#end - this.#at;
    const expected = partial ? due : this.#options.descriptor.size;
    const announced = contentLength(response.headers);
    if (announced !== undefined && announced !== expected) {
      const encoding = response.headers.get('content-encoding');
      const encoded = encoding === undefined ? '' : `, encoded as ${encoding} though that was declined`;
      return `announces ${announced} bytes where ${expected} are due${encoded}`;
    }
    return undefined;
  }

  #judge(error: unknown): unknown {
    if (!(error instanceof StatusError)) return error;
    if (error.status === 416) return this.#mismatch('it is shorter');
    if (error.status !== 404) return error;
    const { client, descriptor } = this.#options;
    const { digest } = descriptor;
    return new BlobError(ERROR_CODES.NotFound, `the blob ${digest} is not in ${client.name} (any more)`, digest);
  }

  #mismatch(why: string): BlobError {
    const { client, descriptor } = this.#options;
    const { digest, size } = descriptor;
    const message = `the blob ${digest} of ${size} bytes in ${client.name} is not what it should be: ${why}`;
    return new BlobError(ERROR_CODES.DigestMismatch, message, digest);
  }
}

/** The first and the last byte of a partial answer, where it says so. */
function rangeOf({ headers }: HttpResponse): { readonly from: number; readonly to: number } | undefined {
  const range = /^bytes (\d+)-(\d+)\//.exec(headers.get('content-range') ?? '');
  return range ? { from: Number(range[1]), to: Number(range[2]) } : undefined;
}

class EnoughReceived extends Error {}

async function enough(held: void | Promise<void>): Promise<void> {
  await held;
  throw new EnoughReceived();
}
