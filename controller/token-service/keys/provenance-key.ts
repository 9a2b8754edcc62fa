import { generateKeyPairSync } from 'node:crypto';

import { publicPem, readPrivateKey, readPublicKeys } from '../../../shared/provenance/statement/keys.ts';
import type { ProvenanceKey } from '../../../shared/provenance/statement/keys.ts';

/** Items of the Secret with the keys, as PEM. */
export interface ProvenanceItems {
  readonly 'provenance.key': string;
  /** Its public half first, then those of former keys: what they signed is believed as long as they are here. */
  readonly 'provenance.pub': string;
}

/** The list has at most this many public keys; the oldest are forgotten. */
const MAX_KEYS = 8;

/**
 * What belongs into the Secret, where its key is missing, or the public half is not the first of the list; undefined where all is good. The
 * key has no end, as entries outlive any term. Whoever wants another key deletes this one from the Secret.
 */
export function renewedProvenance(known: Partial<ProvenanceItems>): ProvenanceItems | undefined {
  const held = known['provenance.key'] ?? '';
  const key = provenanceKeyOf(held) === undefined ? newKey() : held;
  const own = publicPem(readPrivateKey(key).key);
  const listed = readPublicKeys(known['provenance.pub'] ?? '').map((one) => publicPem(one.key));
  const all = [own, ...listed.filter((pem) => pem !== own)].slice(0, MAX_KEYS);
  if (key === held && listed.join('') === all.join('')) return undefined;
  return { 'provenance.key': key, 'provenance.pub': all.join('') };
}

/** The key of a PEM text; nothing where that is none. */
export function provenanceKeyOf(pem: string): ProvenanceKey | undefined {
  try {
    return readPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
