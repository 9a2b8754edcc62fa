import { Worker } from 'node:worker_threads';
import { CacheError, ERROR_CODES } from '../../shared/errors.ts';
import { breach } from '../../shared/interface/text/bounds.ts';
import type { Bounds } from '../../shared/interface/text/bounds.ts';
import { writtenReference } from '../../shared/rewrite/ask/written-reference.ts';
import { readYaml } from '../../shared/rewrite/json/yaml.ts';
import { resolve, whatToRead } from '../../shared/rewrite/resolve.ts';
import { steadyNow } from '../kube/pace/steady-clock.ts';
import { threadProgram } from '../thread-program.ts';
import type { RewritingJob } from './rewriting-job.ts';
import type { RewritingAnswer } from './rewriting-worker.ts';

/** A job within these bounds takes a few milliseconds at most, and needs no thread: a parser of YAML reads some hundred characters a millisecond. */
const SMALL: Bounds = { characters: 4096, values: 1000, depth: 100 };
/** Of a processor's time, for one job; most need a hundredth of it. */
const LIMIT_MS = 10_000;
/** By the clock, on a machine where others have the processors. The request is refused after 50 s in any case. */
const PATIENCE_MS = 40_000;
const MEMORY_MB = 128;

export interface RewritingLimits {
  readonly limitMs?: number;
  readonly patienceMs?: number;
  /** Milliseconds that the thread has had of a processor. */
  readonly usedMs?: (worker: Worker) => Promise<number>;
}

/**
 * Rewrites, and reads documents for that. What is large is done in a thread of its own, one job at a time, so that nobody's document
 * holds up the work for others. A job that takes too much of a processor, or of memory, ends with its thread, as TooLarge. One that gets too
 * little of a processor ends as Deadline: its document may be small.
 */
export class RewritingThread {
  readonly #limitMs: number;
  readonly #patienceMs: number;
  readonly #usedMs: (worker: Worker) => Promise<number>;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ limitMs = LIMIT_MS, patienceMs = PATIENCE_MS, usedMs = processorMs }: RewritingLimits = {}) {
    this.#limitMs = limitMs;
    this.#patienceMs = patienceMs;
    this.#usedMs = usedMs;
  }

  async whatToRead(...given: Parameters<typeof whatToRead>): Promise<ReturnType<typeof whatToRead>> {
    return await this.#do('whatToRead', whatToRead, given);
  }

  async writtenReference(...given: Parameters<typeof writtenReference>): Promise<ReturnType<typeof writtenReference>> {
    return await this.#do('writtenReference', writtenReference, given);
  }

  async readYaml(...given: Parameters<typeof readYaml>): Promise<ReturnType<typeof readYaml>> {
    return await this.#do('readYaml', readYaml, given);
  }

  async resolve(...given: Parameters<typeof resolve>): Promise<ReturnType<typeof resolve>> {
    return await this.#do('resolve', resolve, given);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #do<Given extends readonly unknown[], Result>(
    name: RewritingJob['do'],
    work: (...given: Given) => Result,
    given: Given,
  ): Promise<Result> {
    if (breach(given, SMALL) === undefined) return work(...given);
    const turn = this.#last.then(async () => await this.#ask<Result>({ do: name, with: given }));
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  async #ask<Result>(job: { readonly do: RewritingJob['do']; readonly with: readonly unknown[] }): Promise<Result> {
    // What a thread used before this job is none of its time; a new thread has to start first, which is.
    const before = this.#worker === undefined ? 0 : await this.#usedMs(this.#worker);
    const worker = (this.#worker ??= this.#start());
    return await new Promise<Result>((settle, reject) => {
      let isOver = false;
      // Only our own listeners are removed: without Node's own, no further message arrives.
      const end = (): void => {
        isOver = true;
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      };
      const fail = (error: CacheError): void => {
        end();
        this.#worker = undefined;
        void worker.terminate();
        reject(error);
      };
      const giveUp = (why: string): void =>
        fail(new CacheError(ERROR_CODES.TooLarge, `What is to be rewritten ${why}. Make it smaller.`));
      const onMessage = (answer: RewritingAnswer<Result>): void => {
        end();
        if ('result' in answer) settle(answer.result);
        else
          reject(answer.code === undefined ? new Error(answer.message) : new CacheError(answer.code, answer.message));
      };
      const onError = (error: Error): void => giveUp(`takes too much memory (${error.message})`);
      const onExit = (): void => giveUp('ended the thread that does it');
      const begunAt = steadyNow();
      const look = async (): Promise<void> => {
        const leftMs = this.#limitMs - ((await this.#usedMs(worker)) - before);
        // The thread may be at the next job by now.
        if (isOver) return;
        const patienceMs = this.#patienceMs - (steadyNow() - begunAt);
        if (leftMs <= 0) giveUp(`takes more than ${this.#limitMs / 1000} s of a processor`);
        else if (patienceMs <= 0) fail(noProcessor(this.#patienceMs));
        else wait(Math.min(leftMs, patienceMs));
      };
      let timer: NodeJS.Timeout | undefined;
      const wait = (ms: number): void => {
        timer = setTimeout(() => void look(), ms);
      };
      wait(this.#limitMs);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(job, []);
    });
  }

  #start(): Worker {
    const worker = new Worker(threadProgram('controller/resolver/rewriting-worker'), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    worker.unref();
    return worker;
  }
}

/** A thread that has not started yet, or has ended, has no time to tell. */
async function processorMs(worker: Worker): Promise<number> {
  const { user, system } = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
  return (user + system) / 1000;
}

function noProcessor(patienceMs: number): CacheError {
  return new CacheError(
    ERROR_CODES.Deadline,
    `The rewriting was not done within ${patienceMs / 1000} s, because the controller gets too little of a processor. Start the run again; if this comes again, give the controller more of one.`,
  );
}
