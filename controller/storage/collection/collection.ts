import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import { within } from '../../kube/pace/within.ts';
import {
  collectedChange,
  heldChange,
  currentWindow,
  readCollectedAt,
  readHeldAt,
  windowChange,
} from '../../storage-state.ts';
import type { CollectionWindow } from '../../storage-state.ts';
import type { Collector } from './collector.ts';
import type { StateMap } from './state-map.ts';

interface CollectionOptions {
  readonly state: StateMap;
  readonly collector: Collector;
  /** How long a push may still go on after pushes were held. */
  readonly drainMs: number;
  /** How long deletion and collection may take. Afterwards pushes go on, whatever happened. */
  readonly limitMs?: number;
  readonly pollMs?: number;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * How long a push may still go on after pushes were held. A replica of the token service learns of it within 150 s: then it opens a silent watch
 * anew, and without the API server it gives no tokens. Its last token is good for 300 s, and registries allow 60 s for clocks. The rest is for pushes
 * under way.
 */
export const DRAIN_MS = 600_000;
const LIMIT_MS = 1_800_000;
const POLL_MS = 2000;

/**
 * A time in which nobody pushes. While a push is under way, the registry's collection would take its blobs for garbage, as their manifest is not
 * there yet. So deletion and collection have this time to themselves.
 */
export class Collection {
  readonly #options: CollectionOptions;

  constructor(options: CollectionOptions) {
    this.#options = options;
  }

  /** When the last collection ended well, or held pushes and failed; 0: never. A failed one counts too, as it also kept people from pushing for long. */
  async lastAt(): Promise<number> {
    const data = await this.#options.state.read();
    return Math.max(readCollectedAt(data) ?? 0, readHeldAt(data) ?? 0);
  }

  /**
   * Holds pushes, deletes, and lets the registry collect. Returns false where the window of an earlier housekeeper is open; pushes go on at its end.
   * Throws what `deleting` throws, and where the collector does not end in time.
   *
   * @param deleting its signal ends with the window: what is deleted after that may be what somebody pushes
   */
  async run(deleting: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { state, collector, drainMs, limitMs = LIMIT_MS, log, now } = this.#options;
    if (currentWindow(await state.read(), now()) !== undefined) return false;
    // An earlier housekeeper may have left a collector that still runs.
    await collector.stop();
    const window = { after: now() + drainMs, before: now() + drainMs + limitMs };
    await state.change({ ...windowChange(window), ...heldChange(now()) });
    log.info('pushes are held', { until: new Date(window.before).toISOString() });
    let isCollecting = false;
    try {
      await this.#until(window.after, signal);
      await within(Math.min(limitMs, window.before - now()), signal, deleting);
      isCollecting = true;
      await collector.start();
      await this.#ended(window, signal);
      isCollecting = false;
      await collector.stop();
      await state.change(collectedChange(now()));
      log.info('the registry has collected its garbage');
      return true;
    } finally {
      // A collector that was not stopped may still work: then pushes wait for the end of the window.
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
