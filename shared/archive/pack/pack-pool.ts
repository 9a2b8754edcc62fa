/**
 * Threads that pack. Each slot is one thread, and all frames of a layer go through one slot, as its digest is one sum over them. While there
 * is less to do than a frame, the work is done in the calling thread: a thread costs more to start than that. In a container of little memory all
 * of it is done there.
 */
import { availableParallelism } from 'node:os';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { CacheError } from '../../errors.ts';
import { FramePacker } from './frame-packer.ts';
import { writeTask } from './pack-task.ts';
import type { PackResult, PackSettings, PackTask, ReadResult } from './pack-task.ts';
import { digestAll } from './source-file.ts';
import { withSource } from './source.ts';
import type { WorkerAnswer, WorkerTask } from './pack-worker.ts';
import { hasLittleMemory } from '../little-memory.ts';
import { skipLastCompiler } from '../skip-compiler.ts';
import { tuneGc } from '../tune-gc.ts';
import { startThread } from '../worker-thread.ts';

/** A thread needs two frames of memory; past three the memory is worth more than the time. */
const MAX_THREADS = 3;
/** Of the calling thread: one sends its frame while the other packs. */
const OWN_SLOTS = 2;
/** Packing makes few objects that live: more room for them is memory that nothing needs. */
const YOUNG_GENERATION_MB = 8;

interface Slot {
  readonly worker: Worker;
  /** Callbacks of the tasks given to it, oldest first. */
  readonly pending: { readonly resolve: (answer: WorkerAnswer) => void; readonly reject: (error: unknown) => void }[];
  /** The error that ended the thread: it gives no further answers. */
  failure: { readonly error: unknown } | undefined;
}

export class PackPool {
  /** How many frames may be packed or sent at a time. */
  readonly slots: number;
  readonly #mayStart: boolean;
  readonly #settings: PackSettings;
  readonly #thread: (settings: PackSettings) => Worker;
  readonly #members = new Map<number, Slot>();
  #local: FramePacker | undefined;
  #isLarge = false;

  constructor(settings: PackSettings, thread = startPackThread) {
    this.#mayStart = !hasLittleMemory();
    this.slots = this.#mayStart ? Math.min(Math.max(availableParallelism(), 1), MAX_THREADS) : OWN_SLOTS;
    this.#settings = settings;
    this.#thread = thread;
  }

  /** There is work for threads: from now on it goes to them, where they have the memory. */
  useThreads(): void {
    if (this.#isLarge) return;
    this.#isLarge = true;
    tuneGc();
    if (!this.#mayStart) skipLastCompiler();
  }

  /** Lets events through before the calling thread packs much: what is sent meanwhile goes on. */
  async rest(): Promise<void> {
    if (this.#isLarge && !this.#mayStart) await yieldToEvents();
  }

  async pack(slot: number, task: PackTask): Promise<PackResult> {
    if (!this.#usesThreads) {
      this.#local ??= new FramePacker(this.#settings);
      return this.#local.pack(task);
    }
    const answer = await this.#ask(slot, { pack: writeTask(task) });
    if (!('packed' in answer)) throw answerError(answer);
    return answer.packed;
  }

  async digest(slot: number, paths: readonly string[]): Promise<readonly ReadResult[]> {
    if (!this.#usesThreads) return withSource(this.#settings.root, (source) => digestAll(source, paths));
    const answer = await this.#ask(slot, { digest: paths });
    if (!('digested' in answer)) throw answerError(answer);
    return answer.digested;
  }

  /** Ends the threads, whatever they do, and gives back what they held. */
  async close(): Promise<void> {
    this.#local?.close();
    this.#local = undefined;
    await Promise.all([...this.#members.values()].map(({ worker }) => worker.terminate()));
  }

  get #usesThreads(): boolean {
    return this.#isLarge && this.#mayStart;
  }

  #ask(slot: number, task: WorkerTask): Promise<WorkerAnswer> {
    const member = this.#members.get(slot) ?? this.#start(slot);
    if (member.failure !== undefined) return Promise.reject(member.failure.error);
    return new Promise((resolve, reject) => {
      member.pending.push({ resolve, reject });
      member.worker.postMessage(task, []);
    });
  }

  #start(slot: number): Slot {
    const worker = this.#thread(this.#settings);
    const member: Slot = { worker, pending: [], failure: undefined };
    worker.on('message', (answer: WorkerAnswer) => member.pending.shift()?.resolve(answer));
    const fail = (error: unknown): void => {
      member.failure ??= { error };
      for (const { reject } of member.pending.splice(0)) reject(error);
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`A thread that packs has ended with ${code}.`)));
    this.#members.set(slot, member);
    return member;
  }
}

function startPackThread(workerData: PackSettings): Worker {
  return startThread('pack/pack-worker', {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
}

function answerError(answer: WorkerAnswer): Error {
  return 'code' in answer ? new CacheError(answer.code, answer.message) : new Error('A thread gave another answer.');
}
