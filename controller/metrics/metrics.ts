import { Metric } from './prometheus-text.ts';
import type { MetricRow } from './prometheus-text.ts';

/** What the controller counts, as a table. */
export const METRICS = {
  runs: {
    name: 'tekton_cache_runs_total',
    type: 'counter',
    labels: ['verb', 'outcome', 'reason'],
    meaning:
      'CustomRuns that ended. `verb`: `fetch`, `upload`, or `none` of a kind that does not exist. `outcome`: `hit`, `fallback`, `miss`, `uploaded`, `not-uploaded`, or `failed`. `reason`: the result of that name',
  },
  attempts: {
    name: 'tekton_cache_attempt_duration_seconds',
    type: 'histogram',
    labels: ['verb'],
    meaning: 'time from the creation of a helper pod to the end of its attempt',
  },
  sent: {
    name: 'tekton_cache_sent_bytes_total',
    type: 'counter',
    labels: [],
    meaning: 'bytes that uploads of CustomRuns sent',
  },
  steps: {
    name: 'tekton_cache_steps_total',
    type: 'counter',
    labels: ['resolver', 'verb', 'outcome', 'reason'],
    meaning:
      'steps that the resolvers put into Tasks, of TaskRuns that ended; a step that never ran, or was killed, does not count. `resolver`: `cache` or `wrap`, or `none` where the label says something else. `verb`, `outcome` and `reason` as of CustomRuns; of several caches the worst counts',
  },
  stepSeconds: {
    name: 'tekton_cache_step_duration_seconds',
    type: 'histogram',
    labels: ['resolver', 'verb'],
    meaning: 'how long the containers of the steps in `tekton_cache_steps_total` ran, in whole seconds',
  },
  resolutions: {
    name: 'tekton_cache_resolutions_total',
    type: 'counter',
    labels: ['resolver', 'outcome'],
    meaning: 'requests for the resolvers `cache` and `wrap`. `outcome`: `answered` or `refused`',
  },
  errors: {
    name: 'tekton_cache_reconcile_errors_total',
    type: 'counter',
    labels: ['controller'],
    meaning:
      'failures to reconcile an object: the controller tries again, or ends the run where it can make no pod of it. Conflicts with another writer do not count',
  },
  depth: {
    name: 'tekton_cache_queue_depth',
    type: 'gauge',
    labels: ['controller'],
    meaning: 'objects that wait for a worker',
  },
  queued: {
    name: 'tekton_cache_queued_runs',
    type: 'gauge',
    labels: [],
    meaning: 'CustomRuns that wait for their turn to have a helper pod',
  },
  lost: {
    name: 'tekton_cache_watches_lost',
    type: 'gauge',
    labels: ['resource'],
    meaning: '1 where the controller has lost its watch of a kind of objects, else 0; `/readyz?verbose` says why',
  },
  problems: {
    name: 'tekton_cache_configuration_problems',
    type: 'gauge',
    labels: [],
    meaning:
      'keys of the ConfigMap that are unknown, or whose value is not taken; 1 where it was deleted. The log names them',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

/** The controller's metrics. One object is made at the start, and handed to whoever counts. */
export class Metrics {
  readonly #queues = new Map<string, () => number>();
  readonly #sources: { readonly resource: string; readonly isLost: () => boolean }[] = [];
  #waiting = (): number => 0;
  #wrongKeys = (): number => 0;
  readonly runs = new Metric(METRICS.runs);
  readonly attempts = new Metric(METRICS.attempts);
  readonly sent = new Metric(METRICS.sent);
  readonly steps = new Metric(METRICS.steps);
  readonly stepSeconds = new Metric(METRICS.stepSeconds);
  readonly resolutions = new Metric(METRICS.resolutions);
  readonly errors = new Metric(METRICS.errors);
  readonly depth = new Metric(
    METRICS.depth,
    () => new Map([...this.#queues].map(([controller, length]) => [controller, length()])),
  );

  readonly queued = new Metric(METRICS.queued, () => new Map([['', this.#waiting()]]));

  readonly lost = new Metric(METRICS.lost, () => this.#lostWatches());
  readonly problems = new Metric(METRICS.problems, () => new Map([['', this.#wrongKeys()]]));

  /** The line of runs that wait for a helper pod. */
  watchTurns(waiting: () => number): void {
    this.#waiting = waiting;
  }

  /** A queue whose length is told from now on. */
  watchQueue(controller: string, length: () => number): void {
    this.#queues.set(controller, length);
  }

  /** A kind whose objects are followed from now on. */
  watchSource(resource: string, isLost: () => boolean): void {
    this.#sources.push({ resource, isLost });
  }

  /** The keys of the configuration that are not taken. */
  watchConfiguration(wrongKeys: () => number): void {
    this.#wrongKeys = wrongKeys;
  }

  /** All metrics of the controller, as Prometheus reads them. */
  text(): string {
    const { runs, attempts, sent, steps, stepSeconds, resolutions, errors, depth, queued, lost, problems } = this;
    return [runs, attempts, sent, steps, stepSeconds, resolutions, errors, depth, queued, lost, problems]
      .map((metric) => metric.text())
      .join('');
  }

  /** For each kind whether a watch of it is lost. A kind may have several watches. */
  #lostWatches(): ReadonlyMap<string, number> {
    const lost = new Map<string, number>();
    for (const { resource, isLost } of this.#sources) {
      lost.set(resource, Math.max(lost.get(resource) ?? 0, Number(isLost())));
    }
    return lost;
  }
}
