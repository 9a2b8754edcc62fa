import { referenceParams } from '../tekton/read/reference.ts';
import type { Resolver } from '../tekton/read/reference.ts';
import { writePlan } from '../plan/plan.ts';
import type { TaskPlan } from '../plan/plan.ts';
import type { TaskRef } from '../tekton/tekton.ts';

/**
 * A reference that leads to us, and from us to the Task. Inlining the Task would change what it means: params of the Pipeline
 * would overwrite the defaults of the Task, its unbound optional workspaces would be bound by name, and what its own reference
 * needs (results of other tasks) may not be there yet.
 */
export function deferredTaskRef(resolver: Resolver, taskRef: TaskRef | undefined, plan: TaskPlan): TaskRef {
  const inner = taskRef === undefined ? [] : referenceParams(taskRef);
  return { resolver, params: [...inner, { name: 'plan', value: writePlan(plan) }] };
}
