import type { Resource } from '../kube/objects/resource.ts';

/** What a run refers to by name. */
export const PIPELINES: Resource = { group: 'tekton.dev', version: 'v1', plural: 'pipelines', kind: 'Pipeline' };
export const TASKS: Resource = { group: 'tekton.dev', version: 'v1', plural: 'tasks', kind: 'Task' };
export const TASK_RUNS: Resource = { group: 'tekton.dev', version: 'v1', plural: 'taskruns', kind: 'TaskRun' };
