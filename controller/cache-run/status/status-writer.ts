import type { Log } from '../../../shared/log.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import { OwnWrites } from '../../kube/informer/own-writes.ts';
import { keyOf } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { apiVersionOf } from '../../kube/objects/resource.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { attemptOf } from '../../tekton/custom-run.ts';
import type { CustomRun, CustomRunStatus } from '../../tekton/custom-run.ts';
import type { Completion } from './completion.ts';
import { countAttempt, countRun } from './run-metrics.ts';
import { endedStatus, progressStatus, retryStatus, statusChanged } from './status.ts';
import type { Progress } from './status.ts';

export interface StatusWriterOptions {
  /** Of the runs. */
  readonly resource: Resource;
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Tells in a run's status what becomes of it, always over the very version that was decided upon. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #writes = new OwnWrites();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Milliseconds until this copy of the run may be decided upon: a newer one, of our own making, is on its way. */
  waitMs(run: CustomRun): number {
    return this.#writes.waitMs(run);
  }

  /** How far the attempt is; writes only what somebody can see. */
  async progress(run: CustomRun, progress: Progress, signal: AbortSignal): Promise<void> {
    const next = progressStatus(run, progress, new Date());
    if (statusChanged(run, next)) await this.#write(run, next, signal);
  }

  /** The attempt has ended: another one follows (`retry`), or it was the last. */
  async complete(run: CustomRun, completion: Completion, signal: AbortSignal): Promise<'retry' | 'done'> {
    const { metrics } = this.#options;
    const { message, succeeded, retriable } = completion;
    const again = !succeeded && retriable && attemptOf(run) < (run.spec.retries ?? 0);
    const status = again ? retryStatus(run, completion, new Date()) : endedStatus(run, completion, new Date());
    await this.#write(run, status, signal);
    countAttempt(metrics, run, new Date());
    if (again) {
      this.#log(run).info('trying again', { attempt: attemptOf(run), message });
      return 'retry';
    }
    countRun(metrics, completion);
    await this.#tell(run, completion);
    return 'done';
  }

  async #tell(run: CustomRun, { message, reason, results, succeeded }: Completion): Promise<void> {
    const { events, resource } = this.#options;
    this.#log(run).info('done', { succeeded, reason, result: results['reason'], message });
    const type = succeeded && results['reason'] !== 'pod-failed' ? 'Normal' : 'Warning';
    const object = { ...run, apiVersion: apiVersionOf(resource), kind: resource.kind };
    await events.record(object, { type, reason, message });
  }

  async #write(run: CustomRun, status: CustomRunStatus, signal: AbortSignal): Promise<void> {
    const { client, resource } = this.#options;
    this.#writes.record(await client.patchStatus(resource, run.metadata, status, signal));
  }

  #log(run: CustomRun): Log {
    return this.#options.log.child({ run: keyOf(run), uid: run.metadata.uid });
  }
}
