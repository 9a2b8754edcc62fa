/** How long the thread works before it turns to other work: a deadline, a signal, the heartbeat of a lock. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { elapsedMs } from './clock.ts';

const SLICE_MS = 50;

/** Work that yields undefined wherever it may rest, and returns its result. */
export type Steps<Result = void> = Generator<undefined, Result>;

export class Pace {
  readonly #attend: () => void;
  readonly #sliceMs: number;
  #until: number;

  /** @param attend asked after each rest; what it throws ends the work */
  constructor(attend: () => void, sliceMs = SLICE_MS) {
    this.#attend = attend;
    this.#sliceMs = sliceMs;
    this.#until = elapsedMs() + sliceMs;
  }

  /** Asked between any two steps: costs next to nothing. */
  get isDue(): boolean {
    return elapsedMs() >= this.#until;
  }

  async rest(): Promise<void> {
    await yieldToEvents();
    this.#attend();
    this.#until = elapsedMs() + this.#sliceMs;
  }

  async run<Result>(steps: Steps<Result>): Promise<Result> {
    try {
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        if (this.isDue) await this.rest();
      }
    } finally {
      closeIterator(steps);
    }
  }
}

/** The work closes what it has open, also where it did not come to its end. */
export function closeIterator(iterator: Pick<Iterator<unknown>, 'return'>): void {
  iterator.return?.();
}
