import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../shared/log.ts';
import type { Config } from '../../config/table.ts';
import { ApiError, describeError } from '../../kube/api/api-error.ts';
import type { Pod } from '../../kube/objects/pod.ts';
import type { HelperPods, PodOwner } from './helper-pods.ts';
import { endOf, isFinished } from './kept-pod.ts';

export type KeepPolicy = Pick<Config, 'keepPods' | 'keepPodsForMs'>;

export interface PodSweeperOptions {
  readonly pods: HelperPods;
  readonly policy: () => KeepPolicy;
  /** Is the run of this pod over? Until then its report is needed. */
  readonly isOver: (owner: PodOwner) => boolean;
  readonly log: Log;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;

/** Deletes finished helper pods as the configuration says: each is an object of some 8 kB, and a log on its node. */
export class PodSweeper {
  readonly #options: PodSweeperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: PodSweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sweep(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#options.log.warn('finished pods stay for now', { error: describeError(error) });
      });
      await delay(this.#options.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { pods, policy, isOver, log } = this.#options;
    const refusals: unknown[] = [];
    for (const { owner, pod } of pods.finished()) {
      if (signal.aborted) return;
      if (!isOver(owner) || isKept(pod, policy(), new Date())) continue;
      await pods.stop(pod, 0, signal).catch((error: unknown) => {
        if (!isOfThisPod(error)) throw error;
        refusals.push(error);
      });
    }
    if (refusals.length > 0) log.warn('pods stay for now', { pods: refusals.length, one: describeError(refusals[0]) });
  }
}

/** A webhook of one namespace may refuse what is well in all others. A server that is overloaded or broken is asked for no further one. */
const isOfThisPod = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;

/** Pods whose helper failed are of the phase Failed; a miss is none of these. */
export function isKept(pod: Pod, { keepPods, keepPodsForMs }: KeepPolicy, now: Date): boolean {
  if (!isFinished(pod)) return true;
  const isWanted = keepPods === 'all' || (keepPods === 'failed' && pod.status?.phase === 'Failed');
  const endedAt = Date.parse(endOf(pod) ?? '');
  return isWanted && !(now.getTime() - endedAt >= keepPodsForMs);
}
