import { batchesOf } from './batches.ts';
import type { RegistryApi } from './registry-api.ts';

/** What work on many repositories has in common. */
export interface RepositoryWork {
  readonly api: RegistryApi;
  readonly signal: AbortSignal;
  /** Told of each repository of which the registry gives no answer. */
  readonly onFailure: (repository: string, error: unknown) => void;
}

/**
 * One repository after the other, with a token for each batch. One that fails does not stop the others; returns those that did not. Throws without
 * a token, and when `signal` ends it.
 */
export async function eachRepository(
  { api, signal, onFailure }: RepositoryWork,
  repositories: readonly string[],
  work: (repository: string) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  for (const batch of batchesOf(repositories)) {
    await api.prepare(batch, signal);
    for (const repository of batch) {
      try {
        await work(repository);
        done.add(repository);
      } catch (error) {
        if (signal.aborted) throw error;
        onFailure(repository, error);
      }
    }
  }
  return done;
}
