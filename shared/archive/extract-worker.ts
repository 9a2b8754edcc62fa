/** The other end of `FramePool`: one thread that restores frames. */
import { parentPort } from 'node:worker_threads';
import { asCacheError, type ErrorCode } from '../errors.ts';
import { errnoOf } from './errno.ts';
import { extractFrame, type ExtractedFrame, type FrameTask } from './extract-frame.ts';

export interface WorkerTask {
  readonly task: FrameTask;
  readonly compressed: Uint8Array;
}

export type WorkerAnswer = ExtractedFrame | WorkerFailure;

export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Of a call that failed. */
  readonly errno?: string;
}

parentPort?.on('message', ({ task, compressed }: WorkerTask) => {
  parentPort?.postMessage(run(task, compressed), []);
});

function run(task: FrameTask, compressed: Uint8Array): WorkerAnswer {
  try {
    return extractFrame(task, compressed);
  } catch (error) {
    const { code, message } = asCacheError(error);
    const errno = errnoOf(error);
    return errno === undefined ? { code, message } : { code, message, errno };
  }
}
