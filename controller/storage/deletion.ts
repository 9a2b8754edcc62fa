import type { Log } from '../../shared/log.ts';
import type { StorageMetrics } from '../metrics/storage-metrics.ts';
import type { Failures } from './failures.ts';
import { batchesOf } from './registry/batches.ts';
import { walkRepositories } from './registry/walk.ts';
import type { WalkParts } from './registry/walk.ts';
import { isAboutAnother } from './retention/family.ts';
import type { Gone, Judgement } from './retention/retention.ts';

interface DeletionOptions {
  readonly judge: () => Promise<Judgement>;
  readonly failures: Failures;
  readonly metrics: StorageMetrics;
  readonly log: Log;
}

/** Deletes in the registry what retention lets go. It works while pushes are held. */
export class Deletion {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /**
   * Notifications may be lost, or come in another order than their pushes. So a manifest without a tag in the inventory may have one in the
   * registry, and to delete the manifest is to delete the tag. The housekeeper asks the registry once more, as nobody can push now. Throws when the signal
   * of `parts` ends that time.
   */
  async run(parts: WalkParts): Promise<void> {
    const { judge } = this.#options;
    const isTagless = ({ entry }: Gone): boolean => entry.tags.every(isAboutAnother);
    const doubtful = (await judge()).gone.filter(isTagless).map(({ entry }) => entry.repository);
    const asked = await walkRepositories(parts, [...new Set(doubtful)]);
    const { gone } = await judge();
    await this.#delete(
      parts,
      gone.filter((one) => !isTagless(one) || asked.has(one.entry.repository)),
    );
  }

  async #delete(parts: WalkParts, gone: readonly Gone[]): Promise<void> {
    const { failures } = this.#options;
    const byRepository = Map.groupBy(gone, ({ entry }) => entry.repository);
    for (const batch of batchesOf([...byRepository.keys()])) {
      parts.signal.throwIfAborted();
      if (!(await failures.attempt('delete', async () => await parts.api.prepare(batch, parts.signal)))) continue;
      for (const one of batch.flatMap((repository) => byRepository.get(repository) ?? [])) {
        parts.signal.throwIfAborted();
        await failures.attempt('delete', async () => await this.#deleteOne(parts, one));
      }
    }
  }

  async #deleteOne({ api, inventory, signal }: WalkParts, { entry, reason }: Gone): Promise<void> {
    const { metrics, log } = this.#options;
    const { repository, digest } = entry;
    const present = inventory.find(repository, digest);
    // Somebody has used the entry since it was judged.
    if (present === undefined || present.usedAt > entry.usedAt) return;
    await api.delete(repository, digest, signal);
    inventory.forget(repository, digest);
    metrics.deleted.add({ reason });
    log.info('deleted an entry', { repository, tags: entry.tags, digest, reason });
  }
}
