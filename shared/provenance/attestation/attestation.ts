/** The manifests that hold statements, as bytes: https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md */
import { descriptorsIn } from '../../store/descriptors.ts';
import { sha256 } from '../../store/digest.ts';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../store/media-type.ts';
import type { Descriptor, Referrer } from '../../store/store.ts';
import { STATEMENT_TYPE } from '../statement/envelope.ts';
import { PREDICATE_TYPE } from '../statement/statement.ts';

const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
const ARTIFACT_TYPE = STATEMENT_TYPE;

/** The config of an image that is none. */
export const EMPTY_CONFIG = Buffer.from('{}');
const CONFIG: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: sha256(EMPTY_CONFIG),
  size: EMPTY_CONFIG.length,
};

/** A layer as it is in the manifest, with all of its fields. */
export type Envelope = Descriptor & { readonly annotations?: Readonly<Record<string, string>> };

/** The statements that one entry keeps; an upload that finds more drops the oldest. */
const MAX_STATEMENTS = 8;
/** The bytes of one envelope; ours have some two thousand. */
const MAX_ENVELOPE_BYTES = 65_536;

/** The tag by which cosign finds the attestations of a manifest. */
export const attestationTag = (digest: string): string => `${digest.replace(':', '-')}.att`;
/** The tag of the list of referrers, in registries that keep none by themselves. */
export const referrersTag = (digest: string): string => digest.replace(':', '-');

/** The layer of an envelope. cosign looks at attestations only that have the annotation of a signature, which is in the envelope here. */
export function envelopeLayer(bytes: Uint8Array): Envelope {
  return {
    mediaType: ENVELOPE_TYPE,
    digest: sha256(bytes),
    size: bytes.length,
    annotations: { predicateType: PREDICATE_TYPE, 'dev.cosignproject.cosign/signature': '' },
  };
}

/** The layers of an attestation with one more. What others attest of the subject stays as it is. */
export function withEnvelope(known: readonly Envelope[], envelope: Envelope): readonly Envelope[] {
  const others = known.filter(({ digest }) => digest !== envelope.digest);
  const tooMany = others.filter(isStatement).slice(0, 1 - MAX_STATEMENTS);
  return [...others.filter((layer) => !tooMany.includes(layer)), envelope];
}

export function writeAttestation(subject: Descriptor, layers: readonly Envelope[]): Uint8Array {
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPE,
    config: CONFIG,
    layers,
    subject: { mediaType, digest, size },
  };
  return Buffer.from(JSON.stringify(manifest));
}

/** The layers of an attestation, as they are. */
export function layersIn(bytes: Uint8Array): readonly Envelope[] {
  return descriptorsIn(bytes, 'layers') ?? [];
}

/** The envelopes that may be statements of who wrote the subject, the latest last; none where the manifest is no attestation. */
export function readAttestation(bytes: Uint8Array): readonly Descriptor[] {
  return layersIn(bytes)
    .filter(isStatement)
    .slice(-MAX_STATEMENTS)
    .map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
}

function isStatement({ mediaType, size, annotations }: Envelope): boolean {
  const isOfWriting = (annotations?.['predicateType'] ?? PREDICATE_TYPE) === PREDICATE_TYPE;
  return mediaType === ENVELOPE_TYPE && size <= MAX_ENVELOPE_BYTES && isOfWriting;
}

/** The list of referrers with our attestation in it, instead of the one that it replaces. */
export function withAttestation(
  known: readonly Referrer[],
  attestation: Descriptor,
  replaced: Descriptor | undefined,
): Uint8Array {
  const others = known.filter(({ digest }) => digest !== attestation.digest && digest !== replaced?.digest);
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
