import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A public key by which signatures are verified. */
export interface PublicKey {
  /** SHA-256 of its SubjectPublicKeyInfo, in hex. */
  readonly id: string;
  readonly key: KeyObject;
}

/** A private key that signs, with the id of its public one. */
export interface ProvenanceKey {
  readonly id: string;
  readonly key: KeyObject;
}

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g;

/** The keys on the curve P-256 in a PEM text, in order. Others sign no statements: they are passed over, and cost none of those beside them. */
export function readPublicKeys(pem: string): readonly PublicKey[] {
  return [...pem.matchAll(PUBLIC_KEY)].flatMap(([text]) => {
    try {
      const key = createPublicKey(text);
      refuseOthers(key);
      return [{ id: idOf(key), key }];
    } catch {
      return [];
    }
  });
}

/** Throws for what is no private key on the curve P-256. */
export function readPrivateKey(pem: string): ProvenanceKey {
  const key = createPrivateKey(pem);
  refuseOthers(key);
  return { id: idOf(createPublicKey(key)), key };
}

/** The public half of a key. */
export function publicPem(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ type: 'spki', format: 'pem' }).toString();
}

function refuseOthers({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): void {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return;
  throw new Error(`a key of the type ${asymmetricKeyType}, where one on the curve P-256 is expected`);
}

function idOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
