import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import { apiErrorFrom, describeError, isExpired, retryAfterMs } from '../api/api-error.ts';
import type { KubeClient, Selection, WatchEvent } from '../api/client.ts';
import { keyOf } from '../objects/object.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';
import type { Resource } from '../objects/resource.ts';
import { Backoff } from '../pace/backoff.ts';
import { steadyNow } from '../pace/steady-clock.ts';
import { ObjectCache } from './object-cache.ts';
import type { Change } from './object-cache.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly selection?: Selection;
  readonly log: Log;
  /** What of an object is kept; nothing: it is as if it did not exist. Without it, all of every object. */
  readonly keep?: (object: T) => T | undefined;
  /** All keys are handed out again this often, against whatever was missed. 0: never. */
  readonly resyncMs?: number;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** `resync`: nothing happened; look at it again. `delete`: the object as it was last known. */
export interface InformerEvent<T extends KubeObject> {
  readonly type: Change<T>['type'] | 'resync';
  readonly object: T;
}

export type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void;

const RESYNC_MS = 600_000;
const SHORT_WATCH_MS = 5000;
/** A server that is back is found within the longest wait. */
const BACKOFF = { firstMs: 250, maxMs: 5000 };

/**
 * A local copy of a collection that follows the API server through whatever happens to it: list, then watch, then
 * again, for ever, until it is stopped. Only lists and watches write it. Handlers must only enqueue.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #keep: (object: T) => T | undefined;
  readonly #log: Log;
  readonly #cache = new ObjectCache<T>();
  readonly #handlers: InformerHandler<T>[] = [];
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #hasSynced = false;
  /** The last try failed, for this reason. */
  #trouble: string | undefined;
  #running: Promise<void> | undefined;
  #resync: NodeJS.Timeout | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#keep = options.keep ?? ((object) => object);
    this.#log = options.log.child({ informer: options.resource.plural });
    this.#backoff = new Backoff(options.backoff ?? BACKOFF);
    this.#synced.promise.catch(() => undefined);
  }

  onEvent(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Starts it; a second call, and one after `stop`, changes nothing. */
  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#running = this.#run(this.#stop.signal);
    const resyncMs = this.#options.resyncMs ?? RESYNC_MS;
    if (resyncMs > 0) this.#resync = setInterval(() => this.#resyncAll(), resyncMs).unref();
  }

  /** Ends it for good; nothing is handed out afterwards. */
  async stop(): Promise<void> {
    clearInterval(this.#resync);
    this.#stop.abort(new Error('the informer was stopped'));
    this.#synced.reject(this.#stop.signal.reason);
    await this.#running;
  }

  /** Has one complete list been taken? */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why it does not follow the API server now; nothing when it does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Settles with the first complete list; rejects when the informer is stopped before. */
  async synced(): Promise<void> {
    await this.#synced.promise;
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(key);
  }

  values(): Iterable<T> {
    return this.#cache.values();
  }

  get size(): number {
    return this.#cache.size;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | undefined;
    /** Nothing came since the last list: a version that is gone nevertheless must not be asked for in a tight loop. */
    let isFresh = false;
    while (!signal.aborted) {
      const startedAt = steadyNow();
      try {
        if (resourceVersion === undefined) {
          resourceVersion = await this.#list(signal);
          isFresh = true;
        }
        for await (const event of this.#watch(resourceVersion, signal)) {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          isFresh = false;
          this.#backoff.reset();
          this.#take(event);
        }
        await pause(this.#waitAfterEnd(startedAt), signal);
      } catch (error) {
        if (signal.aborted) return;
        const listAtOnce = isExpired(error) && resourceVersion !== undefined && !isFresh;
        if (isExpired(error)) resourceVersion = undefined;
        isFresh = false;
        await this.#waitAfterError(error, listAtOnce, signal);
      }
    }
  }

  async #waitAfterError(error: unknown, atOnce: boolean, signal: AbortSignal): Promise<void> {
    const why = describeError(error);
    // A version that is gone is no outage: the server answered.
    if (!isExpired(error)) this.#trouble = why;
    const waitMs = atOnce ? 0 : Math.max(retryAfterMs(error) ?? 0, this.#backoff.nextMs());
    this.#log.warn('lost the watch; trying again', { error: why, waitMs: Math.round(waitMs) });
    if (waitMs > 0) await pause(waitMs, signal);
  }

  /** The API server answers again: what failed meanwhile is looked at now, and not when its own wait is over. */
  #onAnswer(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    if (this.#hasSynced) this.#resyncAll();
  }

  /** Servers end every watch after some minutes; one that ends them at once must not be asked in a tight loop. */
  #waitAfterEnd(startedAt: number): number {
    if (steadyNow() - startedAt < SHORT_WATCH_MS) return this.#backoff.nextMs();
    this.#backoff.reset();
    return 0;
  }

  /** Takes a complete list, a page at a time; of what is not kept nothing stays. */
  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource, selection } = this.#options;
    const listing = this.#cache.listing();
    let resourceVersion = '';
    for await (const page of client.pages(resource, selection ?? {}, signal)) {
      for (const object of page.items) {
        const kept = this.#fit(object);
        const change = kept && listing.take(kept);
        if (change) this.#handOut(change);
      }
      ({ resourceVersion } = page);
    }
    for (const change of listing.finish()) this.#handOut(change);
    this.#onAnswer();
    this.#hasSynced = true;
    this.#synced.resolve();
    return resourceVersion;
  }

  /** Changes until the server ends the watch; an error in the stream is thrown. */
  async *#watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>, void> {
    const { client, resource, selection } = this.#options;
    const onOpen = (): void => this.#onAnswer();
    for await (const event of client.watch(resource, { ...selection, resourceVersion }, signal, onOpen)) {
      if (event.type === 'ERROR') throw errorInStream(event.object);
      yield event;
    }
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'BOOKMARK') return;
    const kept = type === 'DELETED' ? undefined : this.#fit(object);
    const change = kept ? this.#cache.put(kept) : this.#cache.remove(object);
    if (change) this.#handOut(change);
  }

  /** One object that nobody can read must not end the watch of all others. */
  #fit(object: T): T | undefined {
    try {
      const kept = this.#keep(object);
      return kept && withoutManagedFields(kept);
    } catch (error) {
      this.#log.error('an object is unreadable', { key: keyOf(object), error: describeError(error) });
      return undefined;
    }
  }

  #handOut(event: InformerEvent<T>): void {
    if (this.#stop.signal.aborted) return;
    for (const handler of this.#handlers) {
      try {
        handler(event);
      } catch (error) {
        this.#log.error('a handler failed', { error: describeError(error) });
      }
    }
  }

  #resyncAll(): void {
    for (const object of this.#cache.values()) this.#handOut({ type: 'resync', object });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** The object of an ERROR event is a Status. */
function errorInStream(status: object): Error {
  const code = 'code' in status && typeof status.code === 'number' ? status.code : 0;
  return apiErrorFrom('watch', code, JSON.stringify(status));
}

/** Half of an object's size, and nobody here reads it. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
