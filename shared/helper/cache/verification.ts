import { asCacheError } from '../../errors.ts';
import type { EntryCheck, StoredReference } from '../../entry/entry.ts';
import type { RegistryToken } from '../../interface/places/registry-token.ts';
import type { CacheRequest } from '../../request/protocol.ts';

/** How the entries of one cache are looked at before they are used. */
export interface Verification {
  readonly check: EntryCheck;
  /** Lines for the log, about entries that are not believed. */
  readonly notes: readonly string[];
}

/** Undefined where nothing is to be verified. Each entry is verified once. */
export function verificationOf(
  { verb, verify, registryToken }: Pick<CacheRequest, 'verb' | 'verify' | 'registryToken'>,
  signal: AbortSignal,
): Verification | undefined {
  if (verify === undefined) return undefined;
  const notes: string[] = [];
  const doubts = new Map<string, string | undefined>();
  const check: EntryCheck = async (entry) => {
    const name = `${entry.store.name}@${entry.reference}`;
    if (!doubts.has(name)) {
      const doubt = await doubtOf(entry, registryToken, signal).catch((error: unknown) => {
        if (verify === 'require') throw error;
        return `cannot be verified: ${asCacheError(error).message}`;
      });
      doubts.set(name, doubt);
      if (doubt !== undefined && verify === 'warn') notes.push(`${name} ${doubt}.`);
      else if (doubt !== undefined && verb === 'upload') notes.push(`${name} ${doubt}: nothing is built upon it.`);
    }
    return verify === 'warn' ? undefined : doubts.get(name);
  };
  return { check, notes };
}

/** Why an entry is not to be believed, as the end of a sentence about it. `reference` is a digest. */
async function doubtOf(
  { store, reference: digest }: StoredReference,
  registryToken: RegistryToken | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const prefix = `${registryToken?.registry}/`;
  if (!store.name.startsWith(prefix)) return 'is in a registry whose entries have no statements';
  const [{ findStatements }, { judge }, { readPublicKeys }] = await Promise.all([
    import('../../provenance/attestation/find-statements.ts'),
    import('../../provenance/statement/judge.ts'),
    import('../../provenance/statement/keys.ts'),
  ]);
  const keys = readPublicKeys(registryToken?.publicKeys ?? '');
  if (keys.length === 0) return 'cannot be verified, as the installation has told no public keys';
  const envelopes = await findStatements(store, digest, signal);
  const verdict = judge(envelopes, { keys, repository: store.name.slice(prefix.length), digest });
  return verdict.believed ? undefined : verdict.why;
}
