import type { Log } from '../../../shared/log.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { OwnWrites } from '../../kube/informer/own-writes.ts';
import { keyOf } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { apiVersionOf } from '../../kube/objects/resource.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { attemptOf } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import type { Completion } from './completion.ts';
import { countAttempt, countRun } from './run-metrics.ts';
import { endedStatus, podOf, progressStatus, queuedStatus, retryStatus, statusChanged } from './status.ts';
import type { Progress, StatusPatch } from './status.ts';
import { WriteBudget } from './write-budget.ts';

interface StatusWriterOptions {
  /** The resource of the runs: CustomRuns, or legacy Runs. */
  readonly resource: Resource;
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Each attempt stays in the status of its run, and the API server takes no object of more than some 1.5 MB. */
const MOST_RETRIES = 100;

/** Writes the status of runs, always over the exact version that the decision was about. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #writes = new OwnWrites();
  readonly #budget = new WriteBudget();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Milliseconds until this copy of the run may be decided upon: the watch has yet to bring a newer one, which we wrote ourselves. */
  waitMs(run: CustomRun): number {
    return this.#writes.waitMs(run);
  }

  /** Says that the run waits for its turn to have a helper pod. */
  async queued(run: CustomRun, signal: AbortSignal): Promise<void> {
    await this.#progress(run, queuedStatus(run, new Date()), signal);
  }

  /** Writes how far the attempt is, if that changed. Returns the milliseconds until a status that was held back may be written, else 0. */
  async progress(run: CustomRun, progress: Progress, signal: AbortSignal): Promise<number> {
    return await this.#progress(run, progressStatus(run, progress, new Date()), signal);
  }

  async #progress(run: CustomRun, next: StatusPatch, signal: AbortSignal): Promise<number> {
    if (!statusChanged(run, next)) return 0;
    // The name of a new pod has to be known: it is never held back.
    const isSamePod = podOf(next) === podOf(run.status);
    const waitMs = isSamePod ? this.#budget.waitMs(run.metadata.uid) : 0;
    if (waitMs > 0) return waitMs;
    await this.#write(run, next, signal);
    this.#budget.spend(run.metadata.uid);
    return 0;
  }

  /** The attempt has ended: another one follows (`retry`), or it was the last. */
  async complete(run: CustomRun, completion: Completion, signal: AbortSignal): Promise<'retry' | 'done'> {
    const { metrics } = this.#options;
    const { message, succeeded, retriable } = completion;
    const again = !succeeded && retriable && attemptOf(run) < Math.min(run.spec.retries ?? 0, MOST_RETRIES);
    const status = again ? retryStatus(run, completion, new Date()) : endedStatus(run, completion, new Date());
    await this.#write(run, status, signal);
    this.#budget.forget(run.metadata.uid);
    countAttempt(metrics, run, new Date());
    if (again) {
      this.#log(run).info('trying again', { attempt: attemptOf(run), message });
      return 'retry';
    }
    countRun(metrics, completion);
    await this.#announceEnd(run, completion);
    return 'done';
  }

  async #announceEnd(run: CustomRun, { message, reason, results, succeeded }: Completion): Promise<void> {
    const { events, resource } = this.#options;
    this.#log(run).info('done', { succeeded, reason, result: results['reason'], message });
    const type = succeeded && results['reason'] !== 'pod-failed' ? 'Normal' : 'Warning';
    const object = { ...run, apiVersion: apiVersionOf(resource), kind: resource.kind };
    await events.record(object, { type, reason, message });
  }

  async #write(run: CustomRun, status: StatusPatch, signal: AbortSignal): Promise<void> {
    const { client, resource } = this.#options;
    this.#writes.record(await client.patchStatus(resource, run.metadata, status, signal));
  }

  #log(run: CustomRun): Log {
    return this.#options.log.child({ run: keyOf(run), uid: run.metadata.uid });
  }
}
