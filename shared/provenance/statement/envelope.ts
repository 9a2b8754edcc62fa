/** Signed payloads: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md */
import { sign, verify } from 'node:crypto';

import type { ProvenanceKey, PublicKey } from './keys.ts';

export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

interface Envelope {
  readonly payloadType: string;
  /** The statement, in base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[];
}

/** More of them are not looked at. */
const MAX_SIGNATURES = 16;

/** The bytes of an envelope with one signature: ECDSA over SHA-256, in DER, as Sigstore's tools expect it. */
export function signEnvelope(payload: Uint8Array, { id, key }: ProvenanceKey): Uint8Array {
  const sig = sign('sha256', signedBytes(STATEMENT_TYPE, payload), { key, dsaEncoding: 'der' });
  const envelope: Envelope = {
    payloadType: STATEMENT_TYPE,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: id, sig: sig.toString('base64') }],
  };
  return Buffer.from(JSON.stringify(envelope));
}

/** The payload, where one of the keys has signed it; else why not, as the end of a sentence. */
export function openEnvelope(bytes: Uint8Array, keys: readonly PublicKey[]): Uint8Array | string {
  const envelope = parse(bytes);
  if (envelope === undefined) return 'is no signed envelope';
  const { payloadType, payload, signatures } = envelope;
  if (payloadType !== STATEMENT_TYPE) return 'holds something else than a statement';
  const decoded = Buffer.from(payload, 'base64');
  const signed = signedBytes(payloadType, decoded);
  // A key id is a hint of who wrote the envelope, whom nobody knows yet: each key is tried.
  const isSigned = signatures
    .slice(0, MAX_SIGNATURES)
    .some(({ sig }) =>
      keys.some(({ key }) => verify('sha256', signed, { key, dsaEncoding: 'der' }, Buffer.from(sig, 'base64'))),
    );
  return isSigned ? decoded : 'is signed by none of the keys that are believed';
}

/** The "pre-authentication encoding": no payload of one type can be taken for that of another. */
function signedBytes(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

function parse(bytes: Uint8Array): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isEnvelope(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === 'object' &&
    value !== null &&
    'payloadType' in value &&
    typeof value.payloadType === 'string' &&
    'payload' in value &&
    typeof value.payload === 'string' &&
    'signatures' in value &&
    Array.isArray(value.signatures) &&
    value.signatures.every(
      (one: unknown) => typeof one === 'object' && one !== null && 'sig' in one && typeof one.sig === 'string',
    )
  );
}
