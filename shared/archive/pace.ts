/** How long the thread works without a look at what else there is: a deadline, a signal, the heart of a lock. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';

const SLICE_MS = 50;

export class Pace {
  readonly #attend: () => void;
  readonly #sliceMs: number;
  #until: number;

  /** @param attend asked after each rest; what it throws ends the work */
  constructor(attend: () => void, sliceMs = SLICE_MS) {
    this.#attend = attend;
    this.#sliceMs = sliceMs;
    this.#until = performance.now() + sliceMs;
  }

  /** Asked between any two steps: costs next to nothing. */
  get isDue(): boolean {
    return performance.now() >= this.#until;
  }

  async rest(): Promise<void> {
    await yieldToEvents();
    this.#attend();
    this.#until = performance.now() + this.#sliceMs;
  }
}
