/**
 * Restores frames, and sums files, in worker threads and, when all of those have enough to do, in the calling thread: two threads on two
 * cores, and never more frames in memory than the machine has threads for.
 */
import { availableParallelism } from 'node:os';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { BlobError, CacheError } from '../../errors.ts';
import { FrameExtractor, type ExtractedFrame, type FrameTask } from './extract-frame.ts';
import type { WorkerAnswer, WorkerFailure, WorkerTask } from './extract-worker.ts';
import { FileSums, type SumTask } from './file-sums.ts';
import { skipLastCompiler } from '../skip-compiler.ts';
import { hasLittleMemory } from '../little-memory.ts';
import { tuneGc } from '../tune-gc.ts';
import { startThread } from '../worker-thread.ts';

/** More threads need more memory than they save time: writing files is most of the work. */
const MAX_WORKERS = 3;
/** So many frames are restored sooner than a thread is ready. */
const FEW_FRAMES = 2;
/** Room for the entries of a frame. With more, garbage would wait, and with it the frames that it refers to. */
const YOUNG_GENERATION_MB = 16;
/** The frames of a thread: one at work and one that waits. */
const QUEUE = 2;

export type FrameDone = (extracted: ExtractedFrame) => void;

interface Member {
  readonly worker: Worker;
  /** Callbacks of what was given to it, oldest first. */
  readonly pending: ((answer: WorkerAnswer) => void)[];
}

export class FramePool {
  readonly #members: Member[] = [];
  readonly #workers: number;
  readonly #thread: () => Worker;
  readonly #extractor = new FrameExtractor();
  readonly #sums = new FileSums();
  /** The thread that sums a file, from its first byte to its last; undefined for the calling thread. */
  readonly #summing = new Map<string, Member | undefined>();
  #isTuned = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** How many frames may be at work at a time. */
  get threads(): number {
    return this.#workers + 1;
  }

  constructor(workers = mostWorkers(), thread = startExtractThread) {
    this.#workers = workers;
    this.#thread = thread;
  }

  /** Starts the threads that so many frames are worth. The sooner the better: a thread needs a while to get ready. */
  expect(frames: number): void {
    if (frames <= FEW_FRAMES) return;
    this.#tune();
    const count = Math.min(this.#workers, frames - 1);
    while (this.#members.length < count) this.#members.push(this.#start());
  }

  /**
   * Takes a frame; settles when another one may come. Its memory belongs to the pool from now on.
   *
   * @param done called when the frame is restored and its memory free; what it throws ends the work
   * @param last no frame comes after it: the calling thread has nothing else to do
   * @throws what any frame so far failed with
   */
  async submit(task: FrameTask, compressed: Uint8Array<ArrayBuffer>, done: FrameDone, last: boolean): Promise<void> {
    if (this.#members.length > 0) await yieldToEvents();
    this.#check();
    const member = this.#idlest();
    if (member === undefined || member.pending.length >= (last ? 1 : QUEUE)) {
      done(this.#extractor.extract(task, compressed));
      return;
    }
    this.#give(member, { task, compressed }, [compressed.buffer], (answer) => {
      if ('memory' in answer) done(answer);
    });
  }

  /** Reads a part of a file that is restored; `done` gets its digest with the last one. What fails ends the work. */
  sum(task: SumTask, done: (digest: string | undefined) => void): void {
    if (!this.#summing.has(task.file)) this.#summing.set(task.file, this.#idlest());
    const member = this.#summing.get(task.file);
    if (member === undefined) {
      done(this.#sums.add(task));
      return;
    }
    this.#give(member, { sum: task }, [], (answer) => {
      if ('digest' in answer) done(answer.digest);
    });
  }

  /** Settles when all frames are restored and all files summed; throws what one failed with. */
  async drain(): Promise<void> {
    while (this.#failure === undefined && this.#members.some(({ pending }) => pending.length > 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#check();
  }

  /** Ends the threads, whatever they do, and gives back what frames had of memory. */
  async close(): Promise<void> {
    this.#extractor.release();
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  #tune(): void {
    if (this.#isTuned) return;
    this.#isTuned = true;
    tuneGc();
    skipLastCompiler();
  }

  #start(): Member {
    const worker = this.#thread();
    const member: Member = { worker, pending: [] };
    worker.on('message', (answer: WorkerAnswer) => {
      const done = member.pending.shift();
      if ('code' in answer) this.#fail(asError(answer));
      else this.#finish(done, answer);
      this.#wake();
    });
    worker.on('error', (error) => this.#fail(error));
    // Whatever ended the thread, it gives no further answers.
    worker.on('exit', (code) => this.#fail(new Error(`A thread that restores files has ended with ${code}.`)));
    return member;
  }

  #idlest(): Member | undefined {
    return this.#members.reduce<Member | undefined>(
      (best, member) => (best !== undefined && best.pending.length <= member.pending.length ? best : member),
      undefined,
    );
  }

  #give(member: Member, task: WorkerTask, memory: ArrayBuffer[], done: (answer: WorkerAnswer) => void): void {
    member.pending.push(done);
    member.worker.postMessage(task, memory);
  }

  #finish(done: ((answer: WorkerAnswer) => void) | undefined, answer: WorkerAnswer): void {
    try {
      done?.(answer);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/**
 * None in a container of little memory: what a thread needs would be taken from the pages that wait for the disk, so the fetch would be slower with it
 * (docs/adr/0079).
 */
function mostWorkers(): number {
  return hasLittleMemory() ? 0 : Math.min(availableParallelism() - 1, MAX_WORKERS);
}

function startExtractThread(): Worker {
  return startThread('unpack/extract-worker', { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } });
}

function asError({ code, message, errno, blob }: WorkerFailure): Error {
  if (blob !== undefined) return new BlobError(code, message, blob);
  if (errno === undefined) return new CacheError(code, message);
  return Object.assign(new Error(message), { code: errno });
}
