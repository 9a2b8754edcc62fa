import { copyFile, link, open, readFile, writeFile } from 'node:fs/promises';
import { BlobError, CacheError, ERROR_CODES } from '../../errors.ts';
import { BlobsUnknownError } from '../blobs-unknown-error.ts';
import { Digester, sha256 } from '../digest.ts';
import { manifestMediaType } from '../media-type.ts';
import { isDigest } from '../reference.ts';
import { MANIFEST_BYTES } from '../store.ts';
import type { BlobRange, BlobSink, BlobSource, BlobWrite, Descriptor, Store, StoredManifest } from '../store.ts';
import type { Transfer } from '../transfer.ts';
import { asLayoutError, ForeignError } from './layout-failure.ts';
import { LayoutFiles } from './layout-files.ts';
import { blobsOf, findManifest, withManifest } from './layout-index.ts';

interface LayoutStoreOptions {
  readonly dir: string;
  readonly transfer: Transfer;
}

const READ_BYTES = 1024 * 1024;

/** An OCI image layout in a directory (image-spec, image-layout.md). */
export class LayoutStore implements Store {
  readonly name: string;
  readonly #files: LayoutFiles;
  readonly #transfer: Transfer;

  constructor({ dir, transfer }: LayoutStoreOptions) {
    this.name = `oci:${dir}`;
    this.#files = new LayoutFiles(dir);
    this.#transfer = transfer;
  }

  async headManifest(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    return (await this.getManifest(reference, signal))?.descriptor;
  }

  getManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest | undefined> {
    return this.#perform(`read the manifest ${reference}`, signal, async () => {
      const listed = findManifest(await this.#files.readIndex(), reference);
      const digest = listed?.digest ?? reference;
      if (!isDigest(digest)) return undefined;
      const size = await this.#files.sizeOf(digest);
      if (size === undefined) return undefined;
      if (size > MANIFEST_BYTES) {
        const message = `the manifest ${reference} in ${this.name} is larger than ${MANIFEST_BYTES} bytes`;
        throw new CacheError(ERROR_CODES.TooLarge, message);
      }
      const bytes = await readFile(this.#files.blobFile(digest));
      if (sha256(bytes) !== digest) throw this.#mismatch(digest);
      this.#transfer.bytesReceived += bytes.length;
      return {
        descriptor: { mediaType: manifestMediaType(listed?.mediaType, bytes), digest, size: bytes.length },
        bytes,
      };
    });
  }

  putManifest(reference: string, mediaType: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Descriptor> {
    return this.#perform(`write the manifest ${reference}`, signal, async () => {
      const descriptor = { mediaType, digest: sha256(bytes), size: bytes.length };
      if (isDigest(reference) && reference !== descriptor.digest) throw this.#mismatch(reference);
      const unknown: string[] = [];
      for (const digest of blobsOf(bytes)) if (!(await this.#files.has(digest))) unknown.push(digest);
      if (unknown.length > 0) {
        const message = `${this.name} lacks ${unknown.length} blobs of the manifest ${reference}: ${unknown[0]}, ...`;
        throw new BlobsUnknownError(message, unknown);
      }
      await this.#writeBytes(descriptor.digest, bytes);
      // A file of that name that was there already has stayed.
      if (sha256(await readFile(this.#files.blobFile(descriptor.digest))) !== descriptor.digest) {
        throw this.#mismatch(descriptor.digest);
      }
      const tag = isDigest(reference) ? undefined : reference;
      await this.#files.changeIndex((index) => withManifest(index, descriptor, tag), signal);
      return descriptor;
    });
  }

  hasBlob(digest: string, signal?: AbortSignal): Promise<boolean> {
    return this.#perform(`look up the blob ${digest}`, signal, () => this.#files.has(digest));
  }

  readBlob(descriptor: Descriptor, sink: BlobSink, range?: BlobRange, signal?: AbortSignal): Promise<void> {
    const { digest, size } = descriptor;
    const end = range ? range.offset + range.length : size;
    return this.#perform(`read the blob ${digest}`, signal, async () => {
      const digester = range ? undefined : new Digester();
      await using file = await this.#files.openBlob(digest);
      if (!file) {
        throw new BlobError(ERROR_CODES.NotFound, `the blob ${digest} is not in ${this.name} (any more)`, digest);
      }
      if ((await file.stat()).size !== size) throw this.#mismatch(digest);
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(end, 1)));
      for (let at = range?.offset ?? 0; at < end;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0) throw this.#mismatch(digest);
        const chunk = buffer.subarray(0, bytesRead);
        at += bytesRead;
        this.#transfer.bytesReceived += bytesRead;
        digester?.update(chunk);
        await foreign(async () => sink(chunk));
      }
      if (digester && digester.digest() !== digest) throw this.#mismatch(digest);
    });
  }

  putBlob(digest: string, bytes: Uint8Array, signal?: AbortSignal, taken?: () => void): Promise<boolean> {
    return this.#perform(`write the blob ${digest}`, signal, async () => {
      if (sha256(bytes) !== digest) throw this.#mismatch(digest);
      return this.#writeBytes(digest, bytes, taken);
    });
  }

  writeBlob(mediaType: string, source: BlobSource, signal?: AbortSignal): Promise<Descriptor> {
    return this.#perform('write a blob', signal, async () => {
      const digester = new Digester();
      await this.#files.create(async (temporary) => {
        await using file = await open(temporary, 'wx');
        let failure: unknown;
        const write: BlobWrite = async (chunk, done) => {
          try {
            signal?.throwIfAborted();
            digester.update(chunk);
            this.#transfer.bytesSent += chunk.length;
            await file.writeFile(chunk);
            done?.();
          } catch (error) {
            failure = error;
            throw error;
          }
        };
        await foreign(() => source(write)).catch((error: unknown) => {
          throw failure ?? error;
        });
        await file.datasync();
        return digester.digest();
      });
      return { mediaType, digest: digester.digest(), size: digester.size };
    });
  }

  async mountBlob(digest: string, from: Store, signal?: AbortSignal): Promise<boolean> {
    if (!(from instanceof LayoutStore)) return false;
    return this.#perform(`take the blob ${digest} from ${from.name}`, signal, async () => {
      if (await this.#files.has(digest)) return true;
      if (!(await from.#files.has(digest))) return false;
      const theirs = from.#files.blobFile(digest);
      await this.#files.create(async (temporary) => {
        // Another file system, or one without links.
        await link(theirs, temporary).catch(() => copyFile(theirs, temporary));
        return digest;
      });
      return true;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #perform<T>(doing: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw asLayoutError(error, { name: this.name, doing, signal });
    }
  }

  async #writeBytes(digest: string, bytes: Uint8Array, taken?: () => void): Promise<boolean> {
    if (await this.#files.has(digest)) return false;
    await this.#files.create(async (temporary) => {
      await writeFile(temporary, bytes, { flag: 'wx', flush: true });
      // The write to the disk is what takes long, and it grows with the bytes; the rename does not.
      taken?.();
      return digest;
    });
    this.#transfer.bytesSent += bytes.length;
    return true;
  }

  #mismatch(digest: string): BlobError {
    const message = `${digest} in ${this.name} does not hold what its name says`;
    return new BlobError(ERROR_CODES.DigestMismatch, message, digest);
  }
}

async function foreign(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    throw new ForeignError(error);
  }
}
