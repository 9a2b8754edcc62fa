import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import { describeError } from '../api/api-error.ts';
import type { KubeClient } from '../api/client.ts';
import { apiVersionOf } from '../objects/resource.ts';
import type { Resource } from '../objects/resource.ts';
import type { Controller } from './controller.ts';

export interface WhenServedOptions {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Without this kind the controller as a whole is not ready. */
  readonly needed: boolean;
  readonly make: () => Controller;
  readonly log: Log;
  /** How often to look for a kind that is missing. */
  readonly everyMs?: number;
}

/** One line of `/readyz?verbose`. */
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
 * A controller that starts when the API server serves its kind, however late: Tekton may be installed after us, and the API server may be away when
 * this process starts.
 */
export class WhenServed {
  readonly #options: WhenServedOptions;
  readonly #stop = new AbortController();
  #controller: Controller | undefined;
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
    await this.#controller?.stop();
    await this.#running;
  }

  get readiness(): Readiness {
    const { resource, needed } = this.#options;
    const name = resource.plural;
    const trouble = this.#controller?.trouble;
    // A controller in trouble still works on what it knows, so it counts as ready.
    if (this.#controller?.isReady) return { name, ok: true, detail: followed(trouble) };
    if (this.#controller) return { name, ok: false, detail: trouble ?? 'the first list is not complete' };
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
    this.#controller = this.#options.make();
    // It only fails when it is stopped before its first list.
    await this.#controller.start().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #isServed(signal: AbortSignal): Promise<boolean> {
    const { client, resource } = this.#options;
    try {
      if (await client.serves(resource, signal)) return true;
      this.#setMissing(this.#notServed);
    } catch (error) {
      this.#setMissing(`the API server does not say whether it serves it: ${describeError(error)}`);
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
