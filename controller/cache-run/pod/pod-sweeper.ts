import { setTimeout as delay } from 'node:timers/promises';

import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Config } from '../../config/table.ts';
import { ApiError } from '../../kube/api/api-error.ts';
import type { Pod } from '../../kube/objects/pod.ts';
import { isLeftToSidecars } from './at-rest.ts';
import { GRACE_S } from './helper-pod.ts';
import type { HelperPods, PodOwner } from './helper-pods.ts';
import { endOf, isFinished } from './kept-pod.ts';

export type KeepPolicy = Pick<Config, 'keepPods' | 'keepPodsForMs'>;

interface PodSweeperOptions {
  readonly pods: HelperPods;
  readonly policy: () => KeepPolicy;
  /** Is the run of this pod over? Until then its report is needed. */
  readonly isOver: (owner: PodOwner) => boolean;
  readonly log: Log;
  readonly everyMs?: number;
}

const EVERY_MS = 10_000;

/** When deletions fail in so many namespaces, the API server is broken: the sweep ends, and sends it nothing more. */
const BROKEN_NAMESPACES = 20;

/**
 * Deletes finished helper pods as the configuration says: each is an object of some 8 kB, and a log on its node. A pod that only sidecars keep always
 * goes: they may have started after the run was over, or the controller could not delete the pod then.
 */
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
        if (!signal.aborted)
          this.#options.log.warn('the sweep of finished pods broke off; trying again', { error: messageOf(error) });
      });
      await delay(this.#options.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { pods, policy, isOver, log } = this.#options;
    const refusals: unknown[] = [];
    const broken = new Set<string>();
    for (const { owner, pod } of pods.ended()) {
      if (signal.aborted) return;
      const { namespace = '' } = pod.metadata;
      if (broken.has(namespace) || !isOver(owner) || isKept(pod, policy(), new Date())) continue;
      await pods.stop(pod, isFinished(pod) ? 0 : GRACE_S, signal).catch((error: unknown) => {
        const about = troubleOf(error);
        if (about === 'server' || broken.size === BROKEN_NAMESPACES) throw error;
        if (about === 'namespace') broken.add(namespace);
        refusals.push(error);
      });
    }
    if (refusals.length > 0)
      log.warn('finished pods cannot be deleted; trying again', {
        pods: refusals.length,
        one: messageOf(refusals[0]),
      });
  }
}

/**
 * What a failed deletion tells about. A webhook may refuse one pod; a webhook that is down answers 500 in its namespaces. An API server that is
 * overloaded, or does not answer, gets no further request in this sweep.
 */
function troubleOf(error: unknown): 'pod' | 'namespace' | 'server' {
  if (!(error instanceof ApiError) || error.status < 400 || [429, 503].includes(error.status)) return 'server';
  return error.status < 500 ? 'pod' : 'namespace';
}

/** Pods whose helper failed are of the phase Failed; a miss is none of these. */
export function isKept(pod: Pod, { keepPods, keepPodsForMs }: KeepPolicy, now: Date): boolean {
  if (!isFinished(pod)) return !isLeftToSidecars(pod, now);
  const isWanted = keepPods === 'all' || (keepPods === 'failed' && pod.status?.phase === 'Failed');
  const endedAt = Date.parse(endOf(pod) ?? '');
  return isWanted && !(now.getTime() - endedAt >= keepPodsForMs);
}
