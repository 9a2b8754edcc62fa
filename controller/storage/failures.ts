import { messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { StorageMetrics } from '../metrics/storage-metrics.ts';

/** A piece of housekeeping; values of a metric's label. */
export type Work = 'walk' | 'measure' | 'judge' | 'collect' | 'delete';

interface FailuresOptions {
  readonly metrics: StorageMetrics;
  readonly log: Log;
  /** Once it is aborted, work fails because of that, and nobody is told. */
  readonly signal: AbortSignal;
}

/** Names of tags in one line of the log. */
const NAMED_TAGS = 10;

/** Counts and logs the pieces of housekeeping that fail. A later look does them again. */
export class Failures {
  readonly #options: FailuresOptions;

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  /** Does a piece of work. False where it failed. Never throws. */
  async attempt(work: Work, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (!this.#options.signal.aborted) this.tell(work, error);
      return false;
    }
  }

  tell(work: Work, error: unknown, what: Readonly<Record<string, string>> = {}): void {
    const { metrics, log } = this.#options;
    metrics.failures.add({ work });
    log.warn('housekeeping failed, and is tried again', { work, ...what, problem: describe(error) });
  }

  /** Tells of tags that the registry cannot read. They are counted by the metric of such tags. */
  tellUnread(repository: string, tags: readonly string[], error: unknown): void {
    this.#options.log.warn('tags cannot be read: nothing goes there for want of a tag, until they are pushed again', {
      repository,
      count: tags.length,
      tags: tags.slice(0, NAMED_TAGS),
      problem: describe(error),
    });
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${messageOf(error)}${cause}`;
}
