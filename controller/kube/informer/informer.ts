import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { WatchEvent } from '../api/client.ts';
import { keyOf } from '../objects/object.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';
import { ObjectCache } from './object-cache.ts';
import type { Change } from './object-cache.ts';
import { Reflector } from './reflector.ts';
import type { ReflectorOptions, ReflectorSink } from './reflector.ts';

export interface InformerOptions<T extends KubeObject> extends ReflectorOptions<T> {
  /** Returns what is kept of an object. Undefined: the informer acts as if the object did not exist. By default it keeps all of each object. */
  readonly keep?: (object: T) => T | undefined;
  /** How often all objects are handed out again, in case that an event was missed. 0: never. */
  readonly resyncMs?: number;
}

/** `resync`: nothing happened; look at it again. `delete`: the object as it was last known. */
interface InformerEvent<T extends KubeObject> {
  readonly type: Change<T>['type'] | 'resync';
  readonly object: T;
}

type InformerHandler<T extends KubeObject> = (event: InformerEvent<T>) => void;

const RESYNC_MS = 600_000;

/** A local copy of a collection that a Reflector keeps true. Only lists and watches write it. Handlers must only enqueue. */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #keep: (object: T) => T | undefined;
  readonly #log: Log;
  readonly #cache = new ObjectCache<T>();
  readonly #reflector: Reflector<T>;
  readonly #handlers: InformerHandler<T>[] = [];
  readonly #synced = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #hasSynced = false;
  #running: Promise<void> | undefined;
  #resync: NodeJS.Timeout | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#keep = options.keep ?? ((object) => object);
    this.#log = options.log.child({ informer: options.resource.plural });
    this.#reflector = new Reflector({ ...options, log: this.#log }, this.#sink());
    this.#synced.promise.catch(() => undefined);
  }

  onEvent(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Starts it; a second call, and one after `stop`, changes nothing. */
  start(): void {
    if (this.#running || this.#stop.signal.aborted) return;
    this.#running = this.#reflector.run(this.#stop.signal);
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

  /** The kind that it follows, as paths name it. */
  get name(): string {
    return this.#options.resource.plural;
  }

  /** Has one complete list been taken? */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why it does not follow the API server now; nothing when it does. */
  get trouble(): string | undefined {
    return this.#reflector.trouble;
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

  #sink(): ReflectorSink<T> {
    return {
      list: () => this.#list(),
      listed: () => {
        this.#hasSynced = true;
        this.#synced.resolve();
      },
      change: (event) => this.#take(event),
      // Keys that failed during the outage are tried now, not when their own waits are over.
      recovered: () => {
        if (this.#hasSynced) this.#resyncAll();
      },
    };
  }

  /** Objects that are not kept must not stay in memory, not even while a list is taken. */
  #list(): ReturnType<ReflectorSink<T>['list']> {
    const listing = this.#cache.listing();
    return {
      take: (object) => {
        const kept = this.#fit(object);
        const change = kept && listing.take(kept);
        if (change) this.#handOut(change);
      },
      finish: () => {
        for (const change of listing.finish()) this.#handOut(change);
      },
    };
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
      this.#log.error('passed over an object that cannot be read', { key: keyOf(object), error: messageOf(error) });
      return undefined;
    }
  }

  #handOut(event: InformerEvent<T>): void {
    if (this.#stop.signal.aborted) return;
    for (const handler of this.#handlers) {
      try {
        handler(event);
      } catch (error) {
        this.#log.error('a handler of events failed', { error: messageOf(error) });
      }
    }
  }

  #resyncAll(): void {
    for (const object of this.#cache.values()) this.#handOut({ type: 'resync', object });
  }
}

/** `managedFields` are half of an object's size, and nothing here reads them. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
