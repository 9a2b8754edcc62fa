import { sha256 } from '../../store/digest.ts';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../store/media-type.ts';
import type { Descriptor, Store } from '../../store/store.ts';
import {
  attestationTag,
  EMPTY_CONFIG,
  envelopeLayer,
  layersIn,
  readReferrers,
  referrersTag,
  withAttestation,
  withEnvelope,
  writeAttestation,
} from './attestation.ts';

/**
 * Puts a statement beside the manifest that it is about. What others say of it stays, unless another upload of the same
 * manifest writes at this moment: each reads the list, and writes it anew.
 */
export async function attachStatement(
  store: Store,
  subject: Descriptor,
  envelope: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const tag = attestationTag(subject.digest);
  const layer = envelopeLayer(envelope);
  const [before] = await Promise.all([
    store.getManifest(tag, signal),
    store.putBlob(sha256(EMPTY_CONFIG), EMPTY_CONFIG, signal),
    store.putBlob(layer.digest, envelope, signal),
  ]);
  const layers = withEnvelope(before === undefined ? [] : layersIn(before.bytes), layer);
  const attestation = await store.putManifest(tag, MANIFEST_TYPE, writeAttestation(subject, layers), signal);
  // A registry that keeps the list has read the `subject`.
  if ((await store.referrers?.(subject.digest, signal)) !== undefined) return;
  const list = await store.getManifest(referrersTag(subject.digest), signal);
  const referrers = list === undefined ? [] : readReferrers(list.bytes);
  const index = withAttestation(referrers, attestation, before?.descriptor);
  await store.putManifest(referrersTag(subject.digest), INDEX_TYPE, index, signal);
}
