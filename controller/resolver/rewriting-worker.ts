/** The thread of `RewritingThread`: does one job after the other. */
import { parentPort } from 'node:worker_threads';
import { CacheError, messageOf } from '../../shared/errors.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { doRewriting } from './rewriting-job.ts';
import type { RewritingJob } from './rewriting-job.ts';

export type RewritingAnswer<Result> =
  | { readonly result: Result }
  /** An error; one without a code is a bug, or the message of a parser. */
  | { readonly message: string; readonly code?: ErrorCode };

parentPort?.on('message', (job: RewritingJob) => parentPort?.postMessage(answer(job), []));

function answer(job: RewritingJob): RewritingAnswer<unknown> {
  try {
    return { result: doRewriting(job) };
  } catch (error) {
    const message = messageOf(error);
    return error instanceof CacheError ? { message, code: error.code } : { message };
  }
}
