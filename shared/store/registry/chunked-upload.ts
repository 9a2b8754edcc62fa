import type { Headers } from '../http/http-message.ts';
import { NetworkError } from '../http/network-error.ts';
import { isTransient } from '../http/retry.ts';
import { StatusError } from '../http/status-error.ts';
import { hasBlob } from './blob-lookup.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import type { RegistryClient, SmallAnswer } from './registry-client.ts';
import { commitUpload, openUpload } from './upload-session.ts';

/** The registry wants blobs whole. */
export class ChunksRefused extends Error {}

/** The registry no longer has what was sent: the blob has to be sent from its start. `cause` says how it came. */
export class UploadLost extends Error {
  constructor(cause: unknown) {
    super('the upload was lost', { cause });
  }
}

const ANSWER_BYTES = 64 * 1024;
/** A chunk costs a round trip and a turn of both sides: an upload that has come this far goes on in larger ones. */
const LONG_UPLOAD_BYTES = 64 * 1024 * 1024;
const LARGE_CHUNK_BYTES = 16 * 1024 * 1024;
/** Answers to a chunk by registries that know only whole blobs. */
const REFUSALS = [400, 404, 405, 411, 415, 501];

/**
 * One upload in chunks, each its own request that can be repeated. While a chunk is sent the next one is gathered, so
 * that neither side waits for the other; memory is two chunks.
 */
export class ChunkedUpload {
  readonly #client: RegistryClient;
  readonly #signal: AbortSignal | undefined;
  #chunkBytes: number;
  #filling = new ChunkBuffer();
  #spare = new ChunkBuffer();
  #sending: Promise<void> = Promise.resolve();
  #location: URL | undefined;
  /** Bytes that the registry has. */
  #offset = 0;

  constructor(client: RegistryClient, chunkBytes: number, signal?: AbortSignal) {
    this.#client = client;
    this.#chunkBytes = chunkBytes;
    this.#signal = signal;
  }

  /** Something was sent: more than one chunk was written. */
  get begun(): boolean {
    return this.#location !== undefined;
  }

  /** What was written and is not being sent. */
  get gathered(): Uint8Array {
    return this.#filling.bytes;
  }

  /** Takes bytes that are only valid during the call. Fails with `ChunksRefused`, `UploadLost` or the registry's errors. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#filling.length === this.#chunkBytes) await this.#flush();
      at += this.#filling.add(bytes.subarray(at), this.#chunkBytes);
    }
  }

  async commit(digest: string): Promise<void> {
    await this.#sending;
    if (this.#filling.length > 0) await this.#send(this.#filling.bytes);
    const client = this.#client;
    const budget = client.budget(this.#signal);
    for (;;) {
      try {
        await commitUpload(client, { location: this.#whereNext(), digest }, this.#signal);
        return;
      } catch (error) {
        // A lost answer, or a session that ended with the commit: then the blob is there.
        if (isLost(error) || error instanceof NetworkError) {
          if (await hasBlob(client, digest, this.#signal)) return;
        }
        if (isLost(error)) throw new UploadLost(error);
        await budget.spend(error);
      }
    }
  }

  async #flush(): Promise<void> {
    await this.#sending;
    if (!this.#location) await this.#open();
    if (this.#offset >= LONG_UPLOAD_BYTES) this.#chunkBytes = Math.max(this.#chunkBytes, LARGE_CHUNK_BYTES);
    if (this.#filling.length < this.#chunkBytes) return;
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filling.clear();
    this.#sending = this.#send(this.#spare.bytes);
    // It is awaited before anything else is sent.
    this.#sending.catch(() => undefined);
  }

  async #open(): Promise<void> {
    const session = await this.#client.budget(this.#signal).run(() => openUpload(this.#client, this.#signal));
    this.#location = session.location;
    this.#chunkBytes = Math.max(this.#chunkBytes, session.minChunkBytes);
  }

  async #send(chunk: Uint8Array): Promise<void> {
    const start = this.#offset;
    const budget = this.#client.budget(this.#signal);
    while (this.#offset < start + chunk.length) {
      try {
        await this.#patch(chunk.subarray(this.#offset - start));
      } catch (error) {
        if (isRefusal(error, start)) throw new ChunksRefused('the registry takes no chunks');
        if (isLost(error)) throw new UploadLost(error);
        await budget.spend(isOutOfOrder(error) ? new NetworkError('protocol', error.message) : error);
        await this.#resume(error, { start, end: start + chunk.length });
      }
    }
  }

  async #patch(bytes: Uint8Array): Promise<void> {
    const end = this.#offset + bytes.length;
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `${this.#offset}-${end - 1}`,
    };
    const request = { method: 'PATCH', to: this.#whereNext(), headers, body: bytes, expect: [201, 202, 204] } as const;
    const response = await this.#client.send(request, this.#signal);
    await response.discard();
    this.#location = this.#client.location(response);
    this.#offset = end;
  }

  /**
   * Asks how much has arrived; the rest of the chunk is sent from there. docker-registry 2 knows no upload any more of
   * which a chunk broke off: its locations are bound to an offset.
   */
  async #resume(error: unknown, { start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    const answer = await this.#status(error);
    const received = receivedBytes(answer.headers);
    if (received === undefined || received < start || received > end) throw new UploadLost(error);
    if (answer.headers.has('location')) this.#location = this.#client.location(answer);
    this.#offset = received;
  }

  async #status(error: unknown): Promise<SmallAnswer> {
    try {
      const request = { method: 'GET', to: this.#whereNext(), expect: [200, 202, 204] } as const;
      return await this.#client.call(request, ANSWER_BYTES, this.#signal);
    } catch (refusal) {
      if (refusal instanceof StatusError && !isTransient(refusal)) throw new UploadLost(error);
      throw refusal;
    }
  }

  #whereNext(): URL {
    if (!this.#location) throw new RangeError('an upload that was never begun');
    return this.#location;
  }
}

/** `Range: 0-N`, N the last byte that arrived. An upload without a byte has no other way to say so than `0-0`. */
export function receivedBytes(headers: Headers): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range') ?? '')?.[1];
  return last === undefined ? undefined : last === '0' ? 0 : Number(last) + 1;
}

/** After the first chunk a 404 is about the upload, not about chunks. */
function isRefusal(error: unknown, start: number): boolean {
  return error instanceof StatusError && REFUSALS.includes(error.status) && (error.status !== 404 || start === 0);
}

function isLost(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.status === 404 || error.reports('BLOB_UPLOAD_UNKNOWN') || error.reports('DIGEST_INVALID');
}

/** The registry has more or less than we think. */
function isOutOfOrder(error: unknown): error is StatusError {
  return error instanceof StatusError && error.status === 416;
}
