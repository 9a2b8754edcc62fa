import { eachRepository } from './each-repository.ts';
import { isAnswer } from './registry-error.ts';
import type { WalkParts } from './walk.ts';

/** Blobs of one look. The others count as 0 bytes until the next look. */
const MOST_AT_ONCE = 20_000;
/** A blob that was not there may have come since. */
const ASK_AGAIN_MS = 24 * 3_600_000;

/** Asks the registry once for the bytes of each blob that is named: whoever may push writes manifests, and no registry compares their sizes. */
export async function measure(parts: WalkParts): Promise<void> {
  const { api, inventory, signal, now } = parts;
  const unknown = Map.groupBy(inventory.unmeasured(now() - ASK_AGAIN_MS, MOST_AT_ONCE), ({ repository }) => repository);
  await eachRepository(parts, [...unknown.keys()], async (repository) => {
    const failed: unknown[] = [];
    for (const { digest } of unknown.get(repository) ?? []) {
      try {
        inventory.recordSize(repository, digest, await api.sizeOf(repository, digest, signal), now());
      } catch (error) {
        // Otherwise one blob would keep those behind it without a size.
        if (signal.aborted || !isAnswer(error)) throw error;
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
  });
}
