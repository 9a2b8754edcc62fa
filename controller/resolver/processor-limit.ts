import type { Worker } from 'node:worker_threads';

import { CacheError, ERROR_CODES } from '../../shared/errors.ts';
import { elapsedMs } from '../../shared/clock.ts';

/** How much of a processor's time one job may take; most jobs need a hundredth of it. */
const LIMIT_MS = 10_000;
/** How long a job may take by the clock, where other programs have the processors. The request is refused after 50 s in any case. */
const PATIENCE_MS = 40_000;

export interface ProcessorLimits {
  readonly limitMs?: number;
  readonly patienceMs?: number;
  /** Milliseconds that the thread has had of a processor. */
  readonly usedMs?: (worker: Worker) => Promise<number>;
}

/**
 * How much of a processor a job in a thread may have. The clock would also count the time in which others have the processors, and a small document
 * would be refused for that.
 */
export class ProcessorLimit {
  readonly #limitMs: number;
  readonly #patienceMs: number;
  readonly #usedMs: (worker: Worker) => Promise<number>;

  constructor({ limitMs = LIMIT_MS, patienceMs = PATIENCE_MS, usedMs = processorMs }: ProcessorLimits = {}) {
    this.#limitMs = limitMs;
    this.#patienceMs = patienceMs;
    this.#usedMs = usedMs;
  }

  /** Watches a job that begins now, until the function that it returns is called. `onEnd`: the job has had too much, or waits for too long. */
  watch(worker: Worker, onEnd: (why: CacheError) => void): () => void {
    const begunAt = elapsedMs();
    // What the thread used before this job is none of its time.
    const before = this.#usedMs(worker);
    let timer: NodeJS.Timeout;
    let isOver = false;
    const look = async (): Promise<void> => {
      const leftMs = this.#limitMs - ((await this.#usedMs(worker)) - (await before));
      if (isOver) return;
      const patienceMs = this.#patienceMs - (elapsedMs() - begunAt);
      if (leftMs <= 0) onEnd(tooMuch(this.#limitMs));
      else if (patienceMs <= 0) onEnd(tooLittle(this.#patienceMs));
      else wait(Math.min(leftMs, patienceMs));
    };
    const wait = (ms: number): void => {
      timer = setTimeout(() => void look(), ms);
    };
    wait(this.#limitMs);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}

/** A thread that has not started yet, or has ended, has no time to tell. */
async function processorMs(worker: Worker): Promise<number> {
  const { user, system } = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
  return (user + system) / 1000;
}

function tooMuch(limitMs: number): CacheError {
  return new CacheError(
    ERROR_CODES.TooLarge,
    `What is to be rewritten takes more than ${limitMs / 1000} s of a processor. Make it smaller.`,
  );
}

function tooLittle(patienceMs: number): CacheError {
  return new CacheError(
    ERROR_CODES.Deadline,
    `The rewriting was not done within ${patienceMs / 1000} s, because the controller gets too little of a processor. Start the run again; if this comes again, give the controller more of one.`,
  );
}
