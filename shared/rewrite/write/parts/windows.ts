import type { TaskPlan } from '../../plan/plan.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';

/**
 * Why nothing can be put into a Task whose pod is on a Windows node, where the helper image does not run: the pod would never start.
 * Tekton tells such a Task by its scripts, Kubernetes by the podTemplate.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/docs/windows.md
 */
export function isOnWindows({ steps = [] }: TaskSpec, { system }: TaskPlan): string | undefined {
  const byScript = steps.some(({ script }) => typeof script === 'string' && script.trimStart().startsWith('#!win'));
  if (!byScript && system !== 'windows') return undefined;
  return 'Not cached: the Task runs on Windows, where our steps cannot. Cache a claim by `via: customrun`, or name the task in `skip-tasks`.';
}
