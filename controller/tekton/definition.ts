import type { Resource } from '../kube/objects/resource.ts';

/** What a run refers to by name. */
export const PIPELINES: Resource = { group: 'tekton.dev', version: 'v1', plural: 'pipelines', kind: 'Pipeline' };
export const TASKS: Resource = { group: 'tekton.dev', version: 'v1', plural: 'tasks', kind: 'Task' };
