import { producersOf } from '../../tekton/pipeline/graph.ts';
import type { TaskGraph } from '../../tekton/pipeline/graph.ts';
import { matrixOf, mayBeEmpty } from '../../tekton/pipeline/matrix.ts';
import type { PipelineSpec, PipelineTask } from '../../tekton/tekton.ts';

/** For each task, the tasks whose skipping skips it in a run that succeeds: itself, or tasks before it. None: the task runs. */
export type SkipCauses = ReadonlyMap<string, readonly string[]>;

/**
 * Tekton skips a task for its `when`, for a matrix without a combination, and for missing results of a skipped task; under `onError: continue` also for
 * those of one that failed. What comes after a task is skipped along with it, unless it was `when` that skipped that.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go (skip)
 */
export function skipCauses({ tasks }: PipelineSpec, { ancestors }: TaskGraph): SkipCauses {
  const guarded = new Set(tasks.filter(({ when = [] }) => when.length > 0).map(({ name }) => name));
  const failing = new Set(tasks.filter(mayFail).map(({ name }) => name));
  const dropped = new Set(tasks.filter((task) => isDropped(task, guarded, failing)).map(({ name }) => name));
  return new Map(
    tasks.map(({ name }) => {
      const own = guarded.has(name) || dropped.has(name) ? [name] : [];
      return [name, [...own, ...[...(ancestors.get(name) ?? [])].filter((one) => dropped.has(one))]];
    }),
  );
}

/** True when a run that succeeds runs the task. */
export function isSureToRun(skips: SkipCauses, task: string): boolean {
  return skips.get(task)?.length === 0;
}

/** True when Tekton may skip the task together with the tasks after it. */
function isDropped(task: PipelineTask, guarded: ReadonlySet<string>, failing: ReadonlySet<string>): boolean {
  const matrix = matrixOf(task);
  const lacksResults = (name: string) => guarded.has(name) || (mayFail(task) && failing.has(name));
  return (matrix !== undefined && mayBeEmpty(matrix)) || producersOf(task).some(lacksResults);
}

/** True when a run may succeed although the task fails. */
export function mayFail(task: PipelineTask): boolean {
  return task['onError'] === 'continue';
}
