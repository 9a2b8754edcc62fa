/** Puts the manifest of an entry whose blobs are all there, or should be. */
import { asCacheError } from '../../../errors.ts';
import { BlobsUnknownError } from '../../../store/blobs-unknown-error.ts';
import { sha256 } from '../../../store/digest.ts';
import { MANIFEST_TYPE } from '../../../store/media-type.ts';
import { MANIFEST_BYTES } from '../../../store/store.ts';
import type { Store } from '../../../store/store.ts';
import type { UnmovedAlias } from '../../entry.ts';
import { cacheTooLarge } from '../../manifest/entry-limits.ts';
import { writeManifest } from '../../manifest/manifest.ts';
import type { EntryManifest } from '../../manifest/manifest.ts';

/** How to send blobs of the entry again, by digest; each gives the bytes it sent, or nothing when the blob cannot be made again. */
type Resends = ReadonlyMap<string, () => Promise<number | undefined>>;

interface TagOptions {
  readonly store: Store;
  /** The tag of the entry; absent where it is there already. */
  readonly reference?: string | undefined;
  readonly aliases: readonly string[];
  readonly manifest: EntryManifest;
  readonly resends?: Resends;
  readonly signal: AbortSignal | undefined;
}

export interface Tagged {
  readonly digest: string;
  readonly bytesSent: number;
  readonly unmoved: readonly UnmovedAlias[];
}

/** How often lost blobs are sent again: a registry that loses them faster than they are sent will not have the entry. */
const ROUNDS = 2;

/**
 * The entry's own tag first: what becomes of the aliases does not cost it. Blobs that the store has lost since it was asked for them, or was
 * sent them, are sent again.
 *
 * @throws BlobsUnknownError with the blobs that cannot be sent again from here
 */
export async function tagEntry(options: TagOptions): Promise<Tagged> {
  const { store, reference, aliases, manifest, signal } = options;
  const bytes = writeManifest(manifest);
  if (bytes.length > MANIFEST_BYTES) {
    cacheTooLarge(`its manifest has ${bytes.length} bytes, and ${MANIFEST_BYTES} are allowed`);
  }
  let bytesSent = reference === undefined ? 0 : await putUntilWhole(reference, bytes, options);
  const unmoved: UnmovedAlias[] = [];
  for (const alias of aliases) {
    try {
      await store.putManifest(alias, MANIFEST_TYPE, bytes, signal);
      bytesSent += bytes.length;
    } catch (error) {
      unmoved.push({ alias, message: asCacheError(error).message });
    }
  }
  return { digest: sha256(bytes), bytesSent, unmoved };
}

/** Gives the bytes sent. */
async function putUntilWhole(reference: string, bytes: Uint8Array, options: TagOptions): Promise<number> {
  const { store, manifest, resends, signal } = options;
  let bytesSent = bytes.length;
  for (let round = 0; ; round++) {
    try {
      await store.putManifest(reference, MANIFEST_TYPE, bytes, signal);
      return bytesSent;
    } catch (error) {
      if (!(error instanceof BlobsUnknownError)) throw error;
      const lost = await lostBlobs(error, { store, manifest, signal });
      const sent = round === ROUNDS ? undefined : await resendAll(lost, resends);
      if (sent === undefined) throw new BlobsUnknownError(error.message, lost);
      bytesSent += sent;
    }
  }
}

/** Bytes sent; nothing when one of them cannot be sent again. */
async function resendAll(lost: readonly string[], resends: Resends | undefined): Promise<number | undefined> {
  if (lost.some((digest) => resends?.has(digest) !== true)) return undefined;
  let bytesSent = 0;
  for (const digest of lost) {
    const sent = await resends?.get(digest)?.();
    if (sent === undefined) return undefined;
    bytesSent += sent;
  }
  return bytesSent;
}

/** Where the registry does not say which, it is asked for each. */
async function lostBlobs(
  { digests }: BlobsUnknownError,
  { store, manifest, signal }: Pick<TagOptions, 'store' | 'manifest' | 'signal'>,
): Promise<readonly string[]> {
  if (digests.length > 0) return digests;
  const { config, content, index, deltas } = manifest;
  const lost: string[] = [];
  for (const { digest } of [config, ...content.map(({ descriptor }) => descriptor), index, ...deltas]) {
    if (!(await store.hasBlob(digest, signal))) lost.push(digest);
  }
  return lost;
}
