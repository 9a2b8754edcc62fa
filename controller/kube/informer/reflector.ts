import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { apiErrorFrom, isAnswer, isExpired, retryAfterMs } from '../api/api-error.ts';
import type { KubeClient, Selection, WatchEvent } from '../api/client.ts';
import type { KubeObject } from '../objects/object.ts';
import type { Resource } from '../objects/resource.ts';
import { Backoff } from '../pace/backoff.ts';
import { elapsedMs } from '../../../shared/clock.ts';

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly selection?: Selection;
  readonly log: Log;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

/** Takes what the API server tells of a collection. */
export interface ReflectorSink<T extends KubeObject> {
  /** A complete list begins: its objects, a page at a time, and then its end. */
  readonly list: () => { readonly take: (object: T) => void; readonly finish: () => void };
  /** The end of a list was taken. */
  readonly listed: () => void;
  readonly change: (event: WatchEvent<T>) => void;
  /** The API server answers again, after it did not. */
  readonly recovered: () => void;
}

const SHORT_WATCH_MS = 5000;
/** A server that is back is found within the longest wait. */
const BACKOFF = { firstMs: 250, maxMs: 5000 };

/** Follows a collection of the API server through whatever happens to it: list, then watch, then again, for ever, until it is stopped. */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #sink: ReflectorSink<T>;
  readonly #backoff: Backoff;
  /** The last try failed, for this reason. */
  #trouble: string | undefined;
  /** The last try had no answer at all. */
  #wasAway = false;

  constructor(options: ReflectorOptions<T>, sink: ReflectorSink<T>) {
    this.#options = options;
    this.#sink = sink;
    this.#backoff = new Backoff(options.backoff ?? BACKOFF);
  }

  /** Why it does not follow the API server now; nothing when it does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Settles when the signal stops it. */
  async run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | undefined;
    /** True while no event came since the last list. A version that is gone even so must not be asked for in a tight loop. */
    let isFresh = false;
    while (!signal.aborted) {
      const startedAt = elapsedMs();
      try {
        if (resourceVersion === undefined) {
          resourceVersion = await this.#list(signal);
          isFresh = true;
        }
        for await (const event of this.#watch(resourceVersion, signal)) {
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          isFresh = false;
          this.#backoff.reset();
          this.#sink.change(event);
        }
        await pause(this.#waitAfterEnd(startedAt), signal);
      } catch (error) {
        if (signal.aborted) return;
        const listAtOnce = isExpired(error) && resourceVersion !== undefined && !isFresh;
        if (isExpired(error)) resourceVersion = undefined;
        isFresh = false;
        const waitMs = listAtOnce ? 0 : Math.max(retryAfterMs(error) ?? 0, this.#waitAfter(isAnswer(error)));
        this.#note(error, waitMs);
        if (waitMs > 0) await pause(waitMs, signal);
      }
    }
  }

  /** A server that answers again, if only that it is not ready yet, is not waited for as long as one that is away. */
  #waitAfter(isAnswered: boolean): number {
    if (this.#wasAway && isAnswered) this.#backoff.reset();
    this.#wasAway = !isAnswered;
    return this.#backoff.nextMs();
  }

  #note(error: unknown, waitMs: number): void {
    const why = messageOf(error);
    // A version that is gone is no outage: the server answered.
    if (!isExpired(error)) this.#trouble = why;
    this.#options.log.warn('lost the watch; trying again', { error: why, waitMs: Math.round(waitMs) });
  }

  #onAnswer(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#sink.recovered();
  }

  /** Servers end every watch after some minutes; one that ends them at once must not be asked in a tight loop. */
  #waitAfterEnd(startedAt: number): number {
    if (elapsedMs() - startedAt < SHORT_WATCH_MS) return this.#waitAfter(true);
    this.#backoff.reset();
    return 0;
  }

  /** Takes a complete list. */
  async #list(signal: AbortSignal): Promise<string> {
    const { client, resource, selection } = this.#options;
    const list = this.#sink.list();
    let resourceVersion = '';
    for await (const page of client.pages(resource, selection ?? {}, signal)) {
      for (const object of page.items) list.take(object);
      ({ resourceVersion } = page);
    }
    list.finish();
    this.#onAnswer();
    this.#sink.listed();
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
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** The object of an ERROR event is a Status. */
function errorInStream(status: object): Error {
  const code = 'code' in status && typeof status.code === 'number' ? status.code : 0;
  return apiErrorFrom('watch', code, JSON.stringify(status));
}
