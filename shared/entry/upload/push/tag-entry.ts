/** Puts the manifest of an entry whose blobs are all there, or should be. */
import { BlobsUnknownError } from '../../../store/blobs-unknown-error.ts';
import { sha256 } from '../../../store/digest.ts';
import { MANIFEST_BYTES } from '../../../store/store.ts';
import type { Store } from '../../../store/store.ts';
import { cacheTooLarge } from '../../manifest/entry-limits.ts';
import { MANIFEST_TYPE, writeManifest } from '../../manifest/manifest.ts';
import type { EntryManifest } from '../../manifest/manifest.ts';

/** How to send blobs of the entry again, by digest; each gives the bytes it sent, or nothing when the blob cannot be made again. */
export type Resends = ReadonlyMap<string, () => Promise<number | undefined>>;

export interface TagOptions {
  readonly store: Store;
  readonly references: readonly string[];
  readonly manifest: EntryManifest;
  readonly resends?: Resends;
  readonly signal: AbortSignal | undefined;
}

export interface Tagged {
  readonly digest: string;
  readonly bytesSent: number;
}

/** A registry that loses blobs faster than they are sent will not have the entry. */
const ROUNDS = 2;

/**
 * The first reference comes last: who sees it sees the others too. Blobs that the store has lost since it was asked for them, or was sent
 * them, are sent again.
 *
 * @throws BlobsUnknownError with the blobs that cannot be sent again from here
 */
export async function tagEntry({ store, references, manifest, resends, signal }: TagOptions): Promise<Tagged> {
  const bytes = writeManifest(manifest);
  if (bytes.length > MANIFEST_BYTES) {
    cacheTooLarge(`its manifest has ${bytes.length} bytes, and ${MANIFEST_BYTES} are allowed`);
  }
  let bytesSent = 0;
  for (const reference of references.toReversed()) {
    for (let round = 0; ; round++) {
      try {
        await store.putManifest(reference, MANIFEST_TYPE, bytes, signal);
        break;
      } catch (error) {
        if (!(error instanceof BlobsUnknownError)) throw error;
        const lost = await lostBlobs(error, { store, manifest, signal });
        const sent = round === ROUNDS ? undefined : await resendAll(lost, resends);
        if (sent === undefined) throw new BlobsUnknownError(error.message, lost);
        bytesSent += sent;
      }
    }
  }
  return { digest: sha256(bytes), bytesSent: bytesSent + bytes.length * references.length };
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
