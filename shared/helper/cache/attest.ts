import { asCacheError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';

/**
 * Puts a statement of who wrote an entry beside it, where the store has a token service that makes some. Gives lines for the log; without
 * a statement the entry is as good as before there were any.
 */
export async function attest(store: Store, digest: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const envelope = await store.statement?.(digest, signal);
    const manifest = envelope === undefined ? undefined : await store.headManifest(digest, signal);
    if (envelope === undefined || manifest === undefined) return [];
    const { attachStatement } = await import('../../provenance/attestation/attach-statement.ts');
    await attachStatement(store, manifest, envelope, signal);
    return ['A signed statement of who wrote it is beside it.'];
  } catch (error) {
    return [`No statement of who wrote it is beside it: ${asCacheError(error).message}`];
  }
}
