import type { KubeObject } from '../kube/objects/object.ts';
import type { Resource } from '../kube/objects/resource.ts';
import type { Condition } from './condition.ts';

/** A TaskRun, as far as it tells how its steps ended: https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/apis/pipeline/v1/taskrun_types.go */
export interface TaskRun extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly steps?: readonly StepState[];
  } | null;
}

export interface StepState {
  readonly name?: string;
  /** What the step declares as results and has written. */
  readonly results?: readonly { readonly name: string; readonly value: unknown }[];
  /** RFC 3339 with whole seconds. */
  readonly terminated?: { readonly startedAt?: string | null; readonly finishedAt?: string | null };
}

export const TASK_RUNS: Resource<TaskRun> = {
  group: 'tekton.dev',
  version: 'v1',
  plural: 'taskruns',
  kind: 'TaskRun',
};
