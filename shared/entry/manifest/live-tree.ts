/** The indices of an entry in a store, read and merged. */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { imageTooLarge, INDEX_BYTES } from './entry-limits.ts';
import { extractIndex } from '../../archive/index/index-layer.ts';
import { mergeIndices, type LiveTree } from '../../archive/index/index-merge.ts';
import { readIndex, type IndexReader } from '../../archive/index/index-reader.ts';
import type { Descriptor, Store } from '../../store/store.ts';
import type { BlobPieces, KeptIndices } from './kept-indices.ts';
import type { EntryManifest } from './manifest.ts';

export interface StoredTree extends LiveTree, Omit<StoredIndices, 'indices'> {}

export async function readLiveTree(
  store: Store,
  manifest: EntryManifest,
  { signal, kept }: ReadOptions = {},
): Promise<StoredTree> {
  const { indices, bytesReceived, blobs } = await readIndices(store, manifest, { signal, kept });
  const tree = mergeIndices(
    indices,
    manifest.content.map(({ id }) => id),
  );
  return { ...tree, bytesReceived, blobs };
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where some of them may be at hand. */
  readonly kept?: KeptIndices | undefined;
}

interface StoredIndices {
  /** The base, then the deltas, oldest first. */
  readonly indices: readonly IndexReader[];
  /** Compressed bytes that came from the store. */
  readonly bytesReceived: number;
  /** The blobs of the indices, by their digests. */
  readonly blobs: ReadonlyMap<string, BlobPieces>;
}

export async function readIndices(
  store: Store,
  manifest: EntryManifest,
  { signal, kept }: ReadOptions = {},
): Promise<StoredIndices> {
  const descriptors = [manifest.index, ...manifest.deltas];
  const indexBytes = descriptors.reduce((sum, descriptor) => sum + descriptor.size, 0);
  if (indexBytes > INDEX_BYTES) imageTooLarge(`its index has ${indexBytes} bytes, and ${INDEX_BYTES} are allowed`);
  let bytesReceived = 0;
  const layers = await Promise.all(
    descriptors.map(async (descriptor) => {
      const known = kept?.read(descriptor.digest);
      if (known !== undefined) return known;
      bytesReceived += descriptor.size;
      return await readWhole(store, descriptor, signal);
    }),
  );
  return {
    indices: layers.map((layer) => readIndex(extractIndex(layer, manifest.compression))),
    bytesReceived,
    blobs: new Map(layers.map((layer, n) => [descriptors[n]?.digest ?? '', [layer]])),
  };
}

async function readWhole(store: Store, descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes = new Uint8Array(descriptor.size);
  let at = 0;
  await store.readBlob(
    descriptor,
    (chunk) => {
      if (at + chunk.length > bytes.length) {
        throw new CacheError(ERROR_CODES.InvalidImage, `The blob ${descriptor.digest} is longer than the image says.`);
      }
      bytes.set(chunk, at);
      at += chunk.length;
    },
    undefined,
    signal,
  );
  return bytes;
}
