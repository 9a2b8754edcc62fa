/** The manifests that hold statements, as bytes: https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md */
import { descriptorsIn } from '../../store/descriptors.ts';
import { sha256 } from '../../store/digest.ts';
import type { Descriptor, Referrer } from '../../store/store.ts';
import { STATEMENT_TYPE } from '../statement/envelope.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
const ARTIFACT_TYPE = STATEMENT_TYPE;

/** The config of an image that is none. */
export const EMPTY_CONFIG = Buffer.from('{}');
const CONFIG: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: sha256(EMPTY_CONFIG),
  size: EMPTY_CONFIG.length,
};

/** Of one entry; an upload that finds more drops the oldest. */
export const MAX_STATEMENTS = 8;
/** Of one envelope; ours have some two thousand. */
export const MAX_ENVELOPE_BYTES = 65_536;

/** The tag by which cosign finds the attestations of a manifest. */
export const attestationTag = (digest: string): string => `${digest.replace(':', '-')}.att`;
/** The tag of the list of referrers, in registries that keep none by themselves. */
export const referrersTag = (digest: string): string => digest.replace(':', '-');

export function writeAttestation(subject: Descriptor, envelopes: readonly Descriptor[]): Uint8Array {
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: CONFIG,
    layers: envelopes.map((envelope) => ({
      ...envelope,
      // cosign looks at attestations only that have the annotation of a signature, which is in the envelope here.
      annotations: { predicateType: 'https://slsa.dev/provenance/v1', 'dev.cosignproject.cosign/signature': '' },
    })),
    subject: { mediaType, digest, size },
  };
  return Buffer.from(JSON.stringify(manifest));
}

/** The envelopes that a manifest names, the latest last; none where it is no attestation. */
export function readAttestation(bytes: Uint8Array): readonly Descriptor[] {
  const layers = descriptorsIn(bytes, 'layers') ?? [];
  return layers
    .filter(({ mediaType, size }) => mediaType === ENVELOPE_TYPE && size <= MAX_ENVELOPE_BYTES)
    .slice(-MAX_STATEMENTS)
    .map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
}

/** The list of referrers with our attestation in it, instead of the one that it replaces. */
export function withAttestation(known: readonly Referrer[], attestation: Descriptor): Uint8Array {
  const others = known.filter(({ artifactType }) => artifactType !== ARTIFACT_TYPE);
  const manifests = [...others, { ...attestation, artifactType: ARTIFACT_TYPE }];
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
}

/** The list of referrers in the bytes of an index. */
export function readReferrers(bytes: Uint8Array): readonly Referrer[] {
  return descriptorsIn(bytes, 'manifests') ?? [];
}

/** The referrers that may be attestations. */
export function attestationsOf(referrers: readonly Referrer[]): readonly Referrer[] {
  return referrers.filter(({ artifactType }) => artifactType === ARTIFACT_TYPE).slice(-MAX_STATEMENTS);
}
