import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { Digester } from '../../digest.ts';
import type { BodySource } from '../../http/message/http-message.ts';
import type { BlobSource, BlobWrite, Descriptor } from '../../store.ts';
import { hasBlob } from './blob-lookup.ts';
import { CHUNK_BYTES } from './chunk-size.ts';
import { PatchUpload } from './patch-upload.ts';
import type { UploadMode } from './patch-upload.ts';
import type { RegistryClient } from '../client/registry-client.ts';
import { ChunksRefused, isBodyRefusal, isSessionLost, isTooLong, StreamRefused, UploadLost } from './upload-failure.ts';
import type { Resumption } from './upload-failure.ts';
import { commitUpload, openUpload } from './upload-session.ts';

/** Blobs up to this are sent whole. */
const WHOLE_BYTES = 8 * 1024 * 1024;
/** Bytes that are hashed and sent at a time: while one slice is hashed, the connection sends the one before. */
const SLICE_BYTES = 1024 * 1024;
/** How often a blob is sent again from its start after an upload was lost. */
const RESTARTS = 3;

interface WholeBlob {
  readonly digest: string;
  readonly body: Uint8Array | BodySource;
  /** Told when the bytes are on their way, in each try. */
  readonly taken?: (() => void) | undefined;
}

/** Sends the bytes of a blob in one request, unless the registry has it; in two where it wants no bytes with the digest. */
export async function uploadWhole(client: RegistryClient, blob: WholeBlob, signal?: AbortSignal): Promise<boolean> {
  const { digest, body } = blob;
  const wanted = { digest, size: body.length };
  if (await hasBlob(client, wanted, signal)) return false;
  for (let restarts = 0; ; restarts++) {
    try {
      await sendWhole(client, blob, signal);
      return true;
    } catch (error) {
      if (!(error instanceof UploadLost)) throw error;
      if (restarts === RESTARTS) throw error.cause;
      if (await hasBlob(client, wanted, signal)) return true;
    }
  }
}

async function sendWhole(client: RegistryClient, blob: WholeBlob, signal?: AbortSignal): Promise<void> {
  const { digest, body, taken } = blob;
  const budget = client.budget(signal);
  for (;;) {
    try {
      await sendOnce(client, blob, signal);
      return;
    } catch (error) {
      const isRefused = isBodyRefusal(error) || (isTooLong(error) && (body.length ?? 0) > CHUNK_BYTES);
      if (isRefused && body instanceof Uint8Array) {
        await uploadApart(client, { digest, body, taken }, signal).catch((refusal: unknown) => {
          throw refusal instanceof ChunksRefused ? error : refusal;
        });
        return;
      }
      await budget.spend(error);
      // The bytes may have arrived though the answer did not.
      if (await hasBlob(client, { digest, size: body.length }, signal)) return;
    }
  }
}

/** A 404 is about the repository when an upload is begun, and about the upload when it ends. */
async function sendOnce(client: RegistryClient, blob: WholeBlob, signal?: AbortSignal): Promise<void> {
  const { location } = await openUpload(client, signal);
  try {
    await commitUpload(client, { ...blob, location }, signal);
  } catch (error) {
    throw isSessionLost(error) ? new UploadLost(error) : error;
  }
}

/** First the bytes, then the digest. */
async function uploadApart(
  client: RegistryClient,
  { digest, body, taken }: WholeBlob & { readonly body: Uint8Array },
  signal?: AbortSignal,
): Promise<void> {
  const upload = new PatchUpload({ client, uploadMode: 'chunks', signal });
  try {
    await upload.write(body);
    await upload.commit(digest, taken);
  } finally {
    await upload.abandon();
  }
}

/** Uploads blobs whose digest is known only at their end: as a stream, else in chunks, else whole, as the registry takes them. */
export class BlobUploader {
  readonly #client: RegistryClient;
  #uploadMode: UploadMode = 'stream';
  /** The registry has refused chunks. */
  #wholeOnly = false;

  constructor(client: RegistryClient) {
    this.#client = client;
  }

  async upload(mediaType: string, source: BlobSource, signal?: AbortSignal): Promise<Descriptor> {
    let uploadMode = this.#uploadMode;
    let from: Resumption | undefined;
    for (let restarts = 0; ; restarts++) {
      try {
        return { mediaType, ...(await this.#tryUpload(source, { uploadMode, from, signal })) };
      } catch (error) {
        if (!(error instanceof UploadLost)) throw error;
        if (restarts === RESTARTS) throw error.cause;
        if (error instanceof StreamRefused) this.#uploadMode = 'chunks';
        // One long request did not get through. Short requests may.
        uploadMode = 'chunks';
        from = error.resumption;
      }
    }
  }

  async #tryUpload(
    source: BlobSource,
    {
      uploadMode,
      from,
      signal,
    }: { uploadMode: UploadMode; from: Resumption | undefined; signal: AbortSignal | undefined },
  ): Promise<{ digest: string; size: number }> {
    const client = this.#client;
    const digester = new Digester();
    const upload = new PatchUpload({ client, uploadMode, from, signal });
    const head: Parameters<BlobWrite>[] = [];
    try {
      await this.#feed(source, async (bytes, done) => {
        digester.update(bytes);
        head.push([bytes, done]);
        // The registry wants the blob whole. This run goes on only for the digest and the size.
        if (this.#wholeOnly && digester.size > WHOLE_BYTES) head.length = 0;
        else if (digester.size > WHOLE_BYTES) for (const each of head.splice(0)) await upload.write(...each);
      });
      const { size } = digester;
      const digest = digester.digest();
      if (size <= WHOLE_BYTES) await uploadWhole(client, { digest, body: joined(head.splice(0), size) }, signal);
      else if (!this.#wholeOnly) await this.#heedRefusal(() => upload.commit(digest));
      if (size > WHOLE_BYTES && this.#wholeOnly) {
        await uploadWhole(client, { digest, body: secondRun(source, { digest, size }) }, signal);
      }
      return { digest, size };
    } finally {
      await upload.abandon();
    }
  }

  /** Runs the source. What `write` throws is thrown as it is, whatever the source makes of it. */
  async #feed(source: BlobSource, write: BlobWrite): Promise<void> {
    let failure: Error | undefined;
    try {
      await source(async (bytes, done) => {
        try {
          for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
            const isLast = at + SLICE_BYTES >= bytes.length;
            await this.#heedRefusal(() => write(bytes.subarray(at, at + SLICE_BYTES), isLast ? done : undefined));
          }
        } catch (error) {
          failure = error instanceof Error ? error : new Error(String(error));
          throw failure;
        }
      });
    } catch (error) {
      throw failure ?? error;
    }
    if (failure) throw failure;
  }

  async #heedRefusal(send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!(error instanceof ChunksRefused)) throw error;
      this.#wholeOnly = true;
    }
  }
}

/** Joins the pieces of a blob. Each piece is released once it is copied, so the blob is never twice in memory. */
function joined(pieces: readonly Parameters<BlobWrite>[], size: number): Uint8Array {
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const [bytes, done] of pieces) {
    whole.set(bytes, at);
    at += bytes.length;
    done?.();
  }
  return whole;
}

/** The source once more. It has to give the same bytes as the first time. */
function secondRun(source: BlobSource, { digest, size }: { digest: string; size: number }): BodySource {
  return {
    length: size,
    run: async (write) => {
      const digester = new Digester();
      await source(async (bytes) => {
        digester.update(bytes);
        if (digester.size > size) throw changed();
        await write(bytes);
      });
      if (digester.digest() !== digest) throw changed();
    },
  };
}

function changed(): CacheError {
  return new CacheError(
    ERROR_CODES.Unreadable,
    'what is uploaded changed while it was read: it gave other bytes the second time',
  );
}
