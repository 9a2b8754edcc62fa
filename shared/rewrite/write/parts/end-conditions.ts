/** When a task of ours in `finally` may write what the tasks of a Pipeline have left: Tekton's `when`. */
import type { Json } from '../../json/json.ts';
import type { PipelineContext } from '../../plan/tasks/pipeline-context.ts';
import { isSpoiled, mayFail } from '../../plan/workspaces/end-state.ts';
import type { WorkspacePlan } from '../../plan/workspaces/workspace-plan.ts';

/**
 * The conditions of a custom task in `finally` that uploads; undefined for one that may follow the last users. What comes after a task runs also
 * where that has failed under `onError: continue`, or was skipped for its `when`, and only `finally` tasks can ask for that.
 */
export function conditionsOfUpload(
  context: PipelineContext,
  uploaded: readonly WorkspacePlan[],
): readonly Json[] | undefined {
  const used = hadUsers(context, uploaded);
  if (context.options.shared['upload-on'] === 'always') return used;
  const waits = used.length > 0 || uploaded.some(({ users }) => users.some(mayFail));
  return waits ? [...wentWell(context, uploaded), ...used] : undefined;
}

/** Did the tasks succeed? For Tekton they have failed also where only a task failed that the run does not need. */
export function wentWell({ spec, options }: PipelineContext, uploaded: readonly WorkspacePlan[]): Json[] {
  const spoiling = new Set(
    uploaded.filter(({ volume }) => isSpoiled(volume, options)).flatMap(({ graph }) => graph.order),
  );
  const needed = spec.tasks.filter((task) => !mayFail(task) || spoiling.has(task.name));
  if (needed.length === spec.tasks.length) {
    return [{ input: '$(tasks.status)', operator: 'in', values: ['Succeeded', 'Completed'] }];
  }
  return needed.map(({ name }) => ({ input: statusOf(name), operator: 'notin', values: ['Failed'] }));
}

/** Did a task use the claim? Nothing was fetched into one that no task used: its content may be older than the entry. */
export function hadUsers({ skips }: PipelineContext, uploaded: readonly WorkspacePlan[]): Json[] {
  const users = [...new Set(uploaded.flatMap(({ graph }) => graph.order))];
  const certain =
    uploaded.some(({ volume }) => volume === 'emptyDir') || users.some((name) => skips.get(name)?.length === 0);
  if (certain) return [];
  const none = users.map(() => 'None').join(' ');
  return [{ input: users.map(statusOf).join(' '), operator: 'notin', values: [none] }];
}

function statusOf(task: string): string {
  return `$(tasks.${task}.status)`;
}
