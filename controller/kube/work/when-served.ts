import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { KubeClient } from '../api/client.ts';
import { apiVersionOf } from '../objects/resource.ts';
import type { Resource } from '../objects/resource.ts';

/** What follows objects of a kind, from its start to its stop. */
interface Follower {
  /** Settles with the first complete list; rejects when it is stopped before. */
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly isReady: boolean;
  /** Why it does not hear of some of its objects now; nothing when it does. */
  readonly trouble: string | undefined;
}

interface WhenServedOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Without this kind the controller as a whole is not ready. */
  readonly needed: boolean;
  readonly make: () => Follower;
  readonly log: Log;
  /** How often to look for a kind that is missing. */
  readonly everyMs?: number;
}

/** The readiness of one part: a line of `/readyz?verbose`. */
export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const EVERY_MS = 5000;

/** For `/readyz?verbose`: the state of an Informer that has had its first list. `trouble`: why it hears of no change now. */
export function followed(trouble: string | undefined): string {
  return trouble === undefined ? 'watched' : `not watched now: ${trouble}`;
}

/**
 * A follower that starts when the API server serves its kind, however late: Tekton may be installed after us, and the API server may be away when
 * this process starts.
 */
export class WhenServed {
  readonly #options: WhenServedOptions;
  readonly #stop = new AbortController();
  #follower: Follower | undefined;
  #running: Promise<void> | undefined;
  #missing = 'nobody has looked yet';

  constructor(options: WhenServedOptions) {
    this.#options = options;
  }

  start(): void {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#follower?.stop();
    await this.#running;
  }

  get readiness(): Readiness {
    const { resource, needed } = this.#options;
    const name = resource.plural;
    const trouble = this.#follower?.trouble;
    // A follower in trouble still works on what it knows, so it counts as ready.
    if (this.#follower?.isReady) return { name, ok: true, detail: followed(trouble) };
    if (this.#follower) return { name, ok: false, detail: trouble ?? 'the first list is not complete' };
    return { name, ok: !needed && this.#missing === this.#notServed, detail: this.#missing };
  }

  get #notServed(): string {
    const { resource } = this.#options;
    return `not served by the API server (${apiVersionOf(resource)}); looked for again every few seconds`;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!(await this.#isServed(signal))) {
      await delay(this.#options.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    if (signal.aborted) return;
    this.#follower = this.#options.make();
    // A Controller fails to start only when it is stopped before its first list.
    await this.#follower.start().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #isServed(signal: AbortSignal): Promise<boolean> {
    const { client, resource } = this.#options;
    try {
      if (await client.serves(resource, signal)) return true;
      this.#setMissing(this.#notServed);
    } catch (error) {
      this.#setMissing(`the API server does not say whether it serves it: ${messageOf(error)}`);
    }
    return false;
  }

  /** Once for each change. */
  #setMissing(missing: string): void {
    if (missing !== this.#missing && !this.#stop.signal.aborted) {
      const { needed, log, resource } = this.#options;
      log[needed ? 'warn' : 'info']('a kind is missing', { kind: resource.plural, missing });
    }
    this.#missing = missing;
  }
}
