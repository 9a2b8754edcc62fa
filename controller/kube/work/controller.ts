import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { isConflict, retryAfterMs } from '../api/api-error.ts';
import { keyOf } from '../objects/object.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Metrics } from '../../metrics/metrics.ts';

/** The result of reconciling a key. */
export interface ReconcileResult {
  /** Reconcile again after this long although nothing happened: a deadline. */
  readonly requeueAfterMs?: number;
}

export interface Reconciler {
  /** Takes the next step for the object of the key. Throws what another try may mend. */
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult>;
}

/** What the controller needs of an informer, whatever the type of its objects. */
export interface Source {
  start(): void;
  stop(): Promise<void>;
  synced(): Promise<void>;
  readonly hasSynced: boolean;
  /** The kind of its objects. */
  readonly name: string;
  /** Why it does not follow the API server now; nothing when it does. */
  readonly trouble: string | undefined;
}

/** What goes on beside the queue, from the first sync on. */
interface Chore {
  start(): void;
  stop(): Promise<void>;
}

export interface ControllerOptions {
  readonly name: string;
  /** Their handlers fill the queue. */
  readonly sources: readonly Source[];
  readonly queue: WorkQueue;
  readonly reconciler: Reconciler;
  readonly workers: number;
  readonly chores?: readonly Chore[];
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Informers fill the queue, N workers empty it into the reconciler. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #workers: Promise<void>[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#log = options.log.child({ controller: options.name });
    options.metrics.watchQueue(options.name, () => options.queue.length);
    for (const source of options.sources) options.metrics.watchSource(source.name, () => source.trouble !== undefined);
  }

  get isReady(): boolean {
    return this.#options.sources.every((source) => source.hasSynced);
  }

  /** Why it does not hear of some of its objects now; nothing when it does. */
  get trouble(): string | undefined {
    return this.#options.sources.find(({ trouble }) => trouble !== undefined)?.trouble;
  }

  /** Settles when every source has synced and the workers run. */
  async start(): Promise<void> {
    const { sources, workers, chores = [] } = this.#options;
    for (const source of sources) source.start();
    await Promise.all(sources.map(async (source) => await source.synced()));
    this.#log.info('watching', { workers });
    for (const chore of chores) chore.start();
    this.#workers = Array.from({ length: workers }, async () => await this.#work());
  }

  /** Lets the work at hand end; takes no more. */
  async stop(): Promise<void> {
    const { queue, sources, chores = [] } = this.#options;
    queue.shutDown();
    await Promise.all([...sources, ...chores].map(async (part) => await part.stop()));
    await Promise.all(this.#workers);
    this.#stop.abort();
  }

  async #work(): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      await this.#reconcile(key);
      queue.done(key);
    }
  }

  async #reconcile(key: ObjectKey): Promise<void> {
    const { name, queue, reconciler, metrics } = this.#options;
    try {
      const { requeueAfterMs } = await reconciler.reconcile(key, this.#stop.signal);
      queue.forget(key);
      if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
    } catch (error) {
      // Somebody else wrote first; the watch brings the newer version.
      const expected = isConflict(error);
      if (!expected) metrics.errors.add({ controller: name });
      this.#log[expected ? 'debug' : 'warn']('a reconcile failed; trying again', { key, error: messageOf(error) });
      queue.addRateLimited(key, retryAfterMs(error));
    }
  }
}

/** A handler that enqueues the object itself. */
export function enqueue(queue: WorkQueue): (event: { readonly object: KubeObject }) => void {
  return (event) => queue.add(keyOf(event.object));
}
