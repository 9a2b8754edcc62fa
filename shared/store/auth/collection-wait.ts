import { setTimeout as delay } from 'node:timers/promises';

import { elapsedMs } from '../../clock.ts';
import { formatDuration } from '../../interface/text/duration.ts';
import type { Token } from './ask-token.ts';

interface CollectionWaitOptions {
  /** In all, whichever stores wait. Milliseconds. */
  readonly longestMs: number;
  /** Told of the wait, and of its end. */
  readonly tell: (line: string) => void;
  /** What stands still while any store waits. */
  readonly workTime?: { hold(): void; goOn(): void };
  readonly now?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the token service answered, and whatever else is known of the token. */
interface Answered {
  readonly token: Pick<Token, 'withheld' | 'refused' | 'askAgainMs'>;
}

/** Between questions, where the token service does not say when it may have another answer. */
const USUAL_MS = 5000;
const SHORTEST_MS = 1000;
/** The housekeeper may give up its collection, and then pushes go on sooner than the token service expects. */
const MOST_MS = 30_000;

/**
 * The wait for the end of a collection: meanwhile the registry of an installation takes no pushes. The stores of one request share it, as they
 * wait for the same end.
 */
export class CollectionWait {
  readonly #options: CollectionWaitOptions;
  #since: number | undefined;
  #isInVain = false;
  /** How many wait. */
  #waiting = 0;

  constructor(options: CollectionWaitOptions) {
    this.#options = options;
  }

  /** Why there is no push after all, as a sentence; undefined where nobody gave up. */
  get inVain(): string | undefined {
    if (!this.#isInVain) return undefined;
    return `The upload waited ${formatDuration(this.#options.longestMs)} for the end of that; start the run again when the registry takes pushes`;
  }

  /**
   * Asks until the answer lacks no push for the sake of a collection. When the time is up, it is the last answer, as it is.
   *
   * @param signal ends the wait
   */
  async pass<T extends Answered>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const first = await ask();
    if (!first.token.withheld.includes('collection')) return first;
    if (this.#waiting++ === 0) this.#options.workTime?.hold();
    try {
      return await this.#passFrom(first, ask, signal);
    } finally {
      if (--this.#waiting === 0) this.#options.workTime?.goOn();
    }
  }

  async #passFrom<T extends Answered>(first: T, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let answer = first; ; answer = await ask()) {
      const { withheld, refused, askAgainMs } = answer.token;
      if (!withheld.includes('collection')) {
        this.#end();
        return answer;
      }
      if (!(await this.#pause(refused, askAgainMs, signal))) return answer;
    }
  }

  /** False when the time is up. */
  async #pause(refused: readonly string[], askAgainMs = USUAL_MS, signal: AbortSignal): Promise<boolean> {
    const { longestMs, tell, now = elapsedMs, sleep = pause } = this.#options;
    if (this.#since === undefined) {
      this.#since = now();
      tell(
        `The registry takes no push just now: ${refused.join('; ')}. An error would fail the run, so the upload waits for the end of that, ${formatDuration(longestMs)} at most.`,
      );
    }
    const leftMs = this.#since + longestMs - now();
    this.#isInVain = leftMs <= 0;
    if (this.#isInVain) return false;
    await sleep(Math.min(leftMs, Math.max(SHORTEST_MS, Math.min(MOST_MS, askAgainMs))), signal);
    return true;
  }

  /** The first of those that waited tells of it. */
  #end(): void {
    const { tell, now = elapsedMs } = this.#options;
    if (this.#since === undefined) return;
    const seconds = Math.max(1, Math.round((now() - this.#since) / 1000));
    this.#since = undefined;
    tell(`The registry takes pushes again, after ${formatDuration(seconds * 1000)}.`);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
