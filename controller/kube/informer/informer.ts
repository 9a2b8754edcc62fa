import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import { apiErrorFrom, describeError, isExpired, retryAfterMs } from '../api/api-error.ts';
import { Backoff } from '../pace/backoff.ts';
import type { KubeClient, Selection, WatchEvent } from '../api/client.ts';
import { ObjectCache } from './object-cache.ts';
import type { Change } from './object-cache.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';
import type { Resource } from '../objects/resource.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly selection?: Selection;
  readonly log: Log;
  /** All keys are handed out again this often, against whatever was missed. 0: never. */
  readonly resyncMs?: number;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** `resync`: nothing happened; look at it again. */
export interface InformerEvent<T extends KubeObject> {
  readonly type: Change<T>['type'] | 'resync';
  readonly object: T;
}

export type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void;

const RESYNC_MS = 600_000;
const SHORT_WATCH_MS = 5000;
const BACKOFF = { firstMs: 500, maxMs: 30_000 };

/**
 * A local copy of a collection that follows the API server through whatever happens to it: list, then watch, then
 * again, for ever, until it is stopped. Handlers must only enqueue.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #log: Log;
  readonly #cache = new ObjectCache<T>();
  readonly #handlers: InformerHandler<T>[] = [];
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #hasSynced = false;
  #running: Promise<void> | undefined;
  #resync: NodeJS.Timeout | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
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

  /** Takes what a write returned, so that the next look does not see the past. Tells no handler. */
  observe(object: T): void {
    this.#cache.put(object);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | undefined;
    while (!signal.aborted) {
      const startedAt = Date.now();
      try {
        resourceVersion ??= await this.#list(signal);
        for await (const event of this.#watch(resourceVersion, signal)) {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          this.#backoff.reset();
          this.#take(event);
        }
        await pause(this.#waitAfterEnd(startedAt), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isExpired(error)) resourceVersion = undefined;
        const waitMs = Math.max(retryAfterMs(error) ?? 0, this.#backoff.nextMs());
        this.#log.warn('lost the watch; trying again', { error: describeError(error), waitMs: Math.round(waitMs) });
        await pause(waitMs, signal);
      }
    }
  }

  /** Servers end every watch after some minutes; one that ends them at once must not be asked in a tight loop. */
  #waitAfterEnd(startedAt: number): number {
    if (Date.now() - startedAt < SHORT_WATCH_MS) return this.#backoff.nextMs();
    this.#backoff.reset();
    return 0;
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource, selection } = this.#options;
    const list = await client.list(resource, selection ?? {}, signal);
    for (const change of this.#cache.replace(list.items)) this.#handOut(change);
    this.#hasSynced = true;
    this.#synced.resolve();
    return list.resourceVersion;
  }

  /** Changes until the server ends the watch; an error in the stream is thrown. */
  async *#watch(resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>, void> {
    const { client, resource, selection } = this.#options;
    for await (const event of client.watch(resource, { ...selection, resourceVersion }, signal)) {
      if (event.type === 'ERROR') throw errorInStream(event.object);
      yield event;
    }
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return;
    const change = event.type === 'DELETED' ? this.#cache.remove(event.object) : this.#cache.put(event.object);
    if (change) this.#handOut(change);
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
