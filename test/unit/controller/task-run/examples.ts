import type { StepState, TaskRun } from '../../../../controller/tekton/task-run.ts';

export const stepState = (name: string, reason?: string): StepState => ({
  name,
  ...(reason === undefined ? {} : { results: [{ name: 'reason', value: reason }] }),
  terminated: { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:07Z' },
});

/** A TaskRun of the resolver `cache`, as the API server has it. */
export const taskRun = (uid: string, resourceVersion: string, status: TaskRun['status'] = {}): TaskRun => ({
  metadata: {
    namespace: 'team',
    name: `run-${uid}`,
    uid,
    resourceVersion,
    labels: { 'cache.tekton.dev/steps': 'cache' },
  },
  status,
});

export const doneWith = (steps: readonly StepState[], succeeded: 'True' | 'False' = 'True'): TaskRun['status'] => ({
  conditions: [{ type: 'Succeeded', status: succeeded }],
  steps,
});
