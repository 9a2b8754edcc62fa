import { BlobError } from '../../errors.ts';
import type { Descriptor, Store } from '../../store/store.ts';
import { attestationsOf, attestationTag, readAttestation, readReferrers, referrersTag } from './attestation.ts';

/** The envelopes of the statements about a manifest, as they are in its store: nobody has verified them. */
export async function findStatements(
  store: Store,
  digest: string,
  signal?: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const envelope of await namedEnvelopes(store, digest, signal)) {
    const bytes = await readEnvelope(store, envelope, signal);
    if (bytes !== undefined) found.push(bytes);
  }
  return found;
}

/** Finds envelopes by the tag, which takes one request. Tools that copy an entry with its referrers do not copy the tag. */
async function namedEnvelopes(store: Store, digest: string, signal?: AbortSignal): Promise<readonly Descriptor[]> {
  const tagged = await store.getManifest(attestationTag(digest), signal);
  const named = tagged === undefined ? [] : readAttestation(tagged.bytes);
  if (named.length > 0) return named;
  const referrers =
    (await store.referrers?.(digest, signal)) ??
    readReferrers((await store.getManifest(referrersTag(digest), signal))?.bytes ?? new Uint8Array());
  for (const referrer of attestationsOf(referrers)) {
    const manifest = await store.getManifest(referrer.digest, signal);
    const envelopes = manifest === undefined ? [] : readAttestation(manifest.bytes);
    if (envelopes.length > 0) return envelopes;
  }
  return [];
}

/** An envelope that the store has lost, or changed, tells nothing. */
async function readEnvelope(store: Store, envelope: Descriptor, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  try {
    await store.readBlob(envelope, (chunk) => void chunks.push(Buffer.from(chunk)), undefined, signal);
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof BlobError) return undefined;
    throw error;
  }
}
