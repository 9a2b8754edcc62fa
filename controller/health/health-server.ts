import { Worker } from 'node:worker_threads';

import type { Readiness } from '../kube/work/when-served.ts';
import { threadProgram } from '../thread-program.ts';
import type { HealthThreadOptions, ToMain, ToThread } from './health-thread.ts';

interface HealthSources {
  /** The readiness of each part; the program is ready when all parts are. */
  readonly readiness: () => readonly Readiness[];
  readonly metrics: () => string;
}

const BEAT_MS = 1000;
/** A server of three paths. */
const MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };

/** The HTTP server of a process, in a thread of its own: it answers while this one works for long. A thread that fails ends the process. */
export class HealthServer {
  readonly #worker: Worker;
  readonly #sources: HealthSources;
  readonly #beat: NodeJS.Timeout;
  readonly #listening: Promise<number>;
  readonly #ended: Promise<unknown>;

  private constructor(options: HealthThreadOptions, sources: HealthSources) {
    this.#sources = sources;
    this.#worker = new Worker(threadProgram('controller/health/health-thread'), {
      workerData: options,
      resourceLimits: MEMORY,
    });
    this.#ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#listening = promise;
    this.#worker.on('message', (message: ToMain) => {
      if (message.kind === 'listening') resolve(message.port);
      else if (message.kind === 'readiness') this.#tellReadiness();
      else this.#post({ kind: 'metrics', text: sources.metrics() });
    });
    this.#worker.on('error', (error) => {
      throw error;
    });
    this.#beat = setInterval(() => this.#tellReadiness(), BEAT_MS).unref();
    this.#tellReadiness();
  }

  /** @param options port 0 is one that is free */
  static start(options: HealthThreadOptions, sources: HealthSources): HealthServer {
    return new HealthServer(options, sources);
  }

  /** The port, as soon as it answers there. */
  async listening(): Promise<number> {
    return await this.#listening;
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.#post({ kind: 'end' });
    await this.#ended;
  }

  #tellReadiness(): void {
    this.#post({ kind: 'readiness', parts: this.#sources.readiness() });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message, []);
  }
}
