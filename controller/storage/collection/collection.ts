import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import {
  collectedChange,
  heldChange,
  openWindow,
  readCollectedAt,
  readHeldAt,
  windowChange,
} from '../../storage-state.ts';
import type { CollectionWindow } from '../../storage-state.ts';
import type { Collector } from './collector.ts';
import type { StateMap } from './state-map.ts';

export interface CollectionOptions {
  readonly state: StateMap;
  readonly collector: Collector;
  /** From the word that nobody may push until the last push is over. */
  readonly drainMs: number;
  /** What the rest may take. Pushes go on afterwards whatever happened. */
  readonly limitMs?: number;
  readonly pollMs?: number;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * A replica of the token service may hear of it late, by 150 s at most: a watch that says nothing for so long is opened again, and without the
 * API server it gives no tokens. Its last token is good for 300 s, and registries allow 60 s for clocks. The rest is for what is on its way.
 */
export const DRAIN_MS = 600_000;
const LIMIT_MS = 1_800_000;
const POLL_MS = 2000;

/**
 * A time in which nobody pushes. A registry that collects its garbage takes blobs for garbage whose manifest is on its way, so deletion and
 * collection have it to themselves.
 */
export class Collection {
  readonly #options: CollectionOptions;

  constructor(options: CollectionOptions) {
    this.#options = options;
  }

  /** When the last one ended well, or held pushes and failed: nobody may push for long each time. 0: never. */
  async lastAt(): Promise<number> {
    const data = await this.#options.state.read();
    return Math.max(readCollectedAt(data) ?? 0, readHeldAt(data) ?? 0);
  }

  /**
   * Holds pushes, deletes, and lets the registry collect. False: the window of an earlier housekeeper is open, and pushes go on at its end. Throws
   * what `deleting` throws, and where the collector does not end in time.
   */
  async run(deleting: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { state, collector, drainMs, limitMs = LIMIT_MS, log, now } = this.#options;
    if (openWindow(await state.read(), now()) !== undefined) return false;
    // One that an earlier housekeeper has left.
    await collector.stop();
    const window = { after: now() + drainMs, before: now() + drainMs + limitMs };
    await state.change({ ...windowChange(window), ...heldChange(now()) });
    log.info('pushes are held', { until: new Date(window.before).toISOString() });
    let isCollecting = false;
    try {
      await this.#until(window.after, signal);
      await deleting();
      isCollecting = true;
      await collector.start();
      await this.#ended(window, signal);
      isCollecting = false;
      await collector.stop();
      await state.change(collectedChange(now()));
      log.info('the registry has collected its garbage');
      return true;
    } finally {
      // Nobody knows how far a collector is that was left alone: the end of the window is the end of it.
      if (!isCollecting) await state.change(windowChange(undefined));
    }
  }

  async #until(time: number, signal: AbortSignal): Promise<void> {
    const waitMs = time - this.#options.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
  }

  /** A server that does not answer for a moment is asked again: the collector goes on meanwhile. */
  async #ended({ before }: CollectionWindow, signal: AbortSignal): Promise<void> {
    const { collector, now, pollMs = POLL_MS } = this.#options;
    let trouble: unknown;
    for (;;) {
      try {
        if (await collector.hasEnded()) return;
      } catch (error) {
        trouble = error;
      }
      if (now() >= before) {
        await collector.stop();
        throw new Error('the registry did not collect its garbage in time', { cause: trouble });
      }
      await delay(pollMs, undefined, { signal });
    }
  }
}
