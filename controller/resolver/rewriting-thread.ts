import { Worker } from 'node:worker_threads';
import { CacheError, ERROR_CODES } from '../../shared/errors.ts';
import { breach } from '../../shared/interface/text/bounds.ts';
import type { Bounds } from '../../shared/interface/text/bounds.ts';
import { writtenReference } from '../../shared/rewrite/ask/written-reference.ts';
import { readYaml } from '../../shared/rewrite/json/yaml.ts';
import { resolve, whatToRead } from '../../shared/rewrite/resolve.ts';
import { threadProgram } from '../thread-program.ts';
import { ProcessorLimit } from './processor-limit.ts';
import type { ProcessorLimits } from './processor-limit.ts';
import type { RewritingJob } from './rewriting-job.ts';
import type { RewritingAnswer } from './rewriting-worker.ts';

/** A job within these bounds takes a few milliseconds at most, and needs no thread: a parser of YAML reads some hundred characters a millisecond. */
const SMALL: Bounds = { characters: 4096, values: 1000, depth: 100 };
const MEMORY_MB = 128;

/**
 * Rewrites, and reads documents for that. Large documents are worked on in a thread of its own, one job at a time, so that no document holds
 * up the others. A job that takes too much of a processor, or of memory, ends with its thread, as TooLarge. One that gets too
 * little of a processor ends as Deadline: its document may be small.
 */
export class RewritingThread {
  readonly #limit: ProcessorLimit;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limits?: ProcessorLimits) {
    this.#limit = new ProcessorLimit(limits);
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
    const worker = (this.#worker ??= this.#start());
    return await new Promise<Result>((settle, reject) => {
      // Only our own listeners are removed: without Node's own, no further message arrives.
      const end = (): void => {
        stopWatching();
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
      const stopWatching = this.#limit.watch(worker, fail);
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
