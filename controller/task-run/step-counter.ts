import { messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { STEPS_LABEL } from '../../shared/interface/injected-step.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { Reflector } from '../kube/informer/reflector.ts';
import type { ReflectorOptions, ReflectorSink } from '../kube/informer/reflector.ts';
import { keyOf } from '../kube/objects/object.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { isDecided } from '../tekton/condition.ts';
import { TASK_RUNS } from '../tekton/task-run.ts';
import type { TaskRun } from '../tekton/task-run.ts';
import { countedSteps } from './counted-step.ts';

interface StepCounterOptions {
  readonly client: KubeClient;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly backoff?: ReflectorOptions<TaskRun>['backoff'];
}

/** Counts what the cache steps of TaskRuns came to, once for each TaskRun that it has seen at work. */
export class StepCounter {
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #reflector: Reflector<TaskRun>;
  /** UIDs of the TaskRuns that still run. */
  readonly #running = new Set<string>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  constructor({ client, metrics, log, ...rest }: StepCounterOptions) {
    this.#metrics = metrics;
    this.#log = log.child({ informer: TASK_RUNS.plural });
    const selection = { labelSelector: STEPS_LABEL };
    this.#reflector = new Reflector({ client, resource: TASK_RUNS, selection, log: this.#log, ...rest }, this.#sink());
    this.#synced.promise.catch(() => undefined);
    metrics.watchSource(TASK_RUNS.plural, () => this.trouble !== undefined);
  }

  /** The readiness of the controller does not wait for this: one that may not list TaskRuns does all other work. */
  readonly isReady = true;

  /** Why it does not follow the API server now; nothing when it does. */
  get trouble(): string | undefined {
    return this.#reflector.trouble;
  }

  /** Settles with the first complete list; rejects when it is stopped before. */
  async start(): Promise<void> {
    this.#following ??= this.#reflector.run(this.#stop.signal);
    await this.#synced.promise;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the counting of steps was stopped'));
    this.#synced.reject(this.#stop.signal.reason);
    await this.#following;
  }

  #sink(): ReflectorSink<TaskRun> {
    return {
      list: () => {
        const listed = new Set<string>();
        return {
          take: (taskRun) => {
            listed.add(uidOf(taskRun));
            this.#take(taskRun);
          },
          finish: () => {
            for (const uid of this.#running) if (!listed.has(uid)) this.#running.delete(uid);
          },
        };
      },
      listed: () => this.#synced.resolve(),
      change: ({ type, object }) => {
        if (type === 'DELETED') this.#running.delete(uidOf(object));
        else if (type !== 'BOOKMARK') this.#take(object);
      },
      recovered: () => undefined,
    };
  }

  #take(taskRun: TaskRun): void {
    const uid = uidOf(taskRun);
    try {
      if (!isDecided(taskRun.status?.conditions)) this.#running.add(uid);
      else if (this.#running.delete(uid)) this.#count(taskRun);
    } catch (error) {
      // One TaskRun that nobody can read must not end the watch of all others.
      this.#log.warn('a TaskRun does not count, as it cannot be read', {
        key: keyOf(taskRun),
        error: messageOf(error),
      });
    }
  }

  #count(taskRun: TaskRun): void {
    const { steps, stepSeconds } = this.#metrics;
    for (const { seconds, ...labels } of countedSteps(taskRun)) {
      steps.add(labels);
      if (seconds !== undefined) stepSeconds.observe({ resolver: labels.resolver, verb: labels.verb }, seconds);
    }
  }
}

function uidOf({ metadata }: TaskRun): string {
  return metadata.uid ?? '';
}
