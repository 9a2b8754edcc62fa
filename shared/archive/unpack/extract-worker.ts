/** The other end of `FramePool`: one thread that restores frames, and sums files that come in parts. */
import { parentPort } from 'node:worker_threads';
import { asCacheError, BlobError, type ErrorCode } from '../../errors.ts';
import { errnoOf } from '../files/errno.ts';
import { FrameExtractor, type ExtractedFrame, type FrameTask } from './extract-frame.ts';
import { FileSums, type SumTask } from './file-sums.ts';

export type WorkerTask =
  { readonly task: FrameTask; readonly compressed: Uint8Array<ArrayBuffer> } | { readonly sum: SumTask };

export type WorkerAnswer = ExtractedFrame | { readonly digest: string | undefined } | WorkerFailure;

export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The code of a system call that failed. */
  readonly errno?: string;
  /** Digest of the blob that is broken. */
  readonly blob?: string;
}

const extractor = new FrameExtractor();
const sums = new FileSums();

parentPort?.on('message', (task: WorkerTask) => {
  const answer = run(task);
  parentPort?.postMessage(answer, 'memory' in answer ? [answer.memory, answer.states.buffer] : []);
});

function run(work: WorkerTask): WorkerAnswer {
  try {
    if ('sum' in work) return { digest: sums.add(work.sum) };
    return extractor.extract(work.task, work.compressed);
  } catch (error) {
    const { code, message } = asCacheError(error);
    const errno = errnoOf(error);
    const blob = error instanceof BlobError ? { blob: error.digest } : {};
    return errno === undefined ? { code, message, ...blob } : { code, message, errno };
  }
}
