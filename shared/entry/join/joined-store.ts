import { CacheError, ERROR_CODES } from '../../errors.ts';
import { sha256 } from '../../store/digest.ts';
import { MANIFEST_TYPE } from '../../store/media-type.ts';
import type { BlobRange, BlobSink, Descriptor, Store, StoredManifest } from '../../store/store.ts';
import type { JoinedImage } from './joined-image.ts';

/** A store with one image, that of a join. Each layer is read from the store of the part that has it. */
export class JoinedStore implements Store {
  readonly name = 'a join';
  readonly #image: JoinedImage;

  constructor(image: JoinedImage) {
    this.#image = image;
  }

  get ignoresRanges(): boolean {
    return [...this.#image.layers.values()].some((store) => store.ignoresRanges === true);
  }

  async headManifest(): Promise<Descriptor> {
    return this.#descriptor();
  }

  async getManifest(): Promise<StoredManifest> {
    return { descriptor: this.#descriptor(), bytes: this.#image.manifest };
  }

  async hasBlob(digest: string): Promise<boolean> {
    return this.#image.layers.has(digest);
  }

  async readBlob(descriptor: Descriptor, sink: BlobSink, range?: BlobRange, signal?: AbortSignal): Promise<void> {
    const store = this.#image.layers.get(descriptor.digest);
    if (store !== undefined) return await store.readBlob(descriptor, sink, range, signal);
    const { offset = 0, length = this.#image.index.length } = range ?? {};
    await sink(this.#image.index.subarray(offset, offset + length));
  }

  async putManifest(): Promise<Descriptor> {
    return readOnly();
  }

  async putBlob(): Promise<boolean> {
    return readOnly();
  }

  async writeBlob(): Promise<Descriptor> {
    return readOnly();
  }

  async mountBlob(): Promise<boolean> {
    return readOnly();
  }

  async close(): Promise<void> {
    // The stores of the parts belong to who opened them.
  }

  #descriptor(): Descriptor {
    const { manifest } = this.#image;
    return { mediaType: MANIFEST_TYPE, digest: sha256(manifest), size: manifest.length };
  }
}

function readOnly(): never {
  throw new CacheError(ERROR_CODES.Internal, 'A join is only read.');
}
