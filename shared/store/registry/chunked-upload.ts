import { NetworkError } from '../http/network-error.ts';
import type { BodySource, Headers } from '../http/http-message.ts';
import { isTransient } from '../http/retry.ts';
import { StatusError } from '../http/status-error.ts';
import { hasBlob } from './blob-lookup.ts';
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
/** Answers to a chunk by registries that know only whole blobs. */
const REFUSALS = [400, 404, 405, 411, 415, 501];

/**
 * One upload in chunks, each its own request that can be repeated. Small writes are gathered into chunks of
 * `chunkBytes`; a write as large goes as it is.
 */
export class ChunkedUpload {
  readonly #client: RegistryClient;
  readonly #signal: AbortSignal | undefined;
  #chunkBytes: number;
  #location: URL | undefined;
  /** Bytes that the registry has. */
  #offset = 0;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(client: RegistryClient, chunkBytes: number, signal?: AbortSignal) {
    this.#client = client;
    this.#chunkBytes = chunkBytes;
    this.#signal = signal;
  }

  get begun(): boolean {
    return this.#location !== undefined;
  }

  /** Takes bytes that are only valid during the call. Fails with `ChunksRefused`, `UploadLost` or the registry's errors. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#gatheredBytes + bytes.length <= this.#chunkBytes) {
      this.#gathered.push(Uint8Array.prototype.slice.call(bytes));
      this.#gatheredBytes += bytes.length;
      return;
    }
    if (!this.#location) await this.#open();
    if (this.#gatheredBytes + bytes.length < this.#chunkBytes) return this.write(bytes);
    const pieces = [...this.#gathered, bytes];
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#send(pieces);
  }

  /** What was written and not sent. */
  unsent(): Uint8Array {
    return Buffer.concat(this.#gathered, this.#gatheredBytes);
  }

  async commit(digest: string): Promise<void> {
    if (this.#gatheredBytes > 0) await this.#send(this.#gathered);
    const client = this.#client;
    const budget = client.budget(this.#signal);
    for (;;) {
      const location = this.#location;
      if (!location) throw new RangeError('an upload that was never begun');
      try {
        await commitUpload(client, { location, digest }, this.#signal);
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

  async #open(): Promise<void> {
    const session = await this.#client.budget(this.#signal).run(() => openUpload(this.#client, this.#signal));
    this.#location = session.location;
    this.#chunkBytes = Math.max(this.#chunkBytes, session.minChunkBytes);
  }

  async #send(pieces: readonly Uint8Array[]): Promise<void> {
    const start = this.#offset;
    const end = start + pieces.reduce((sum, piece) => sum + piece.length, 0);
    const budget = this.#client.budget(this.#signal);
    while (this.#offset < end) {
      try {
        await this.#patch(pieces, start, end);
      } catch (error) {
        if (error instanceof StatusError && start === 0 && REFUSALS.includes(error.status)) throw this.#refused();
        if (isLost(error)) throw new UploadLost(error);
        if (!(error instanceof StatusError && error.status === 416)) await budget.spend(error);
        await this.#resume(error, start, end);
      }
    }
  }

  #refused(): ChunksRefused {
    this.#location = undefined;
    return new ChunksRefused('the registry takes no chunks');
  }

  async #patch(pieces: readonly Uint8Array[], start: number, end: number): Promise<void> {
    const from = this.#offset;
    const location = this.#location;
    if (!location) throw new RangeError('an upload that was never begun');
    const response = await this.#client.send(
      {
        method: 'PATCH',
        to: location,
        headers: { 'content-type': 'application/octet-stream', 'content-range': `${from}-${end - 1}` },
        body: piecesFrom(pieces, from - start),
        expect: [201, 202, 204],
      },
      this.#signal,
    );
    await response.discard();
    this.#location = this.#client.location(response);
    this.#offset = end;
  }

  /**
   * Asks how much has arrived; the rest of the chunk is sent from there. docker-registry 2 knows no upload any more of
   * which a chunk broke off: its locations are bound to an offset.
   */
  async #resume(error: unknown, start: number, end: number): Promise<void> {
    const answer = await this.#status(error);
    const received = receivedBytes(answer.headers);
    if (received === undefined || received < start || received > end) throw new UploadLost(error);
    if (answer.headers.has('location')) this.#location = this.#client.location(answer);
    this.#offset = received;
  }

  async #status(error: unknown): Promise<SmallAnswer> {
    if (!this.#location) throw new UploadLost(error);
    try {
      const request = { method: 'GET', to: this.#location, expect: [200, 202, 204] } as const;
      return await this.#client.call(request, ANSWER_BYTES, this.#signal);
    } catch (refusal) {
      if (refusal instanceof StatusError && !isTransient(refusal)) throw new UploadLost(error);
      throw refusal;
    }
  }
}

/** `Range: 0-N`, N the last byte that arrived. An upload without a byte has no other way to say so than `0-0`. */
export function receivedBytes(headers: Headers): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range') ?? '')?.[1];
  return last === undefined ? undefined : last === '0' ? 0 : Number(last) + 1;
}

function isLost(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.status === 404 || error.reports('BLOB_UPLOAD_UNKNOWN') || error.reports('DIGEST_INVALID');
}

function piecesFrom(pieces: readonly Uint8Array[], skip: number): BodySource {
  const rest: Uint8Array[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at + piece.length > skip) rest.push(piece.subarray(Math.max(skip - at, 0)));
    at += piece.length;
  }
  return {
    length: rest.reduce((sum, piece) => sum + piece.length, 0),
    run: async (write) => {
      for (const piece of rest) await write(piece);
    },
  };
}
