import { parseDuration } from '../../interface/text/duration.ts';
import { isObject } from '../json/json.ts';
import type { Json } from '../json/json.ts';
import type { PipelineTask, Run } from './tekton.ts';

/** The part of a Pipeline that a task is in: each has a time of its own. */
export type PipelinePart = 'tasks' | 'finally';

/**
 * The shortest time after which Tekton ends a TaskRun of this task, in milliseconds, as far as the run and the task say it; infinite where they do
 * not. What a run says of one task counts before what the task says (createTaskRun), and `0` is no timeout. A part of the Pipeline without a time has
 * what the other one leaves (TasksTimeout, FinallyTimeout).
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/pipelinerun.go
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/apis/pipeline/v1/pipelinerun_types.go
 */
export function taskTimeoutMs(
  { spec }: Run,
  task: Pick<PipelineTask, 'name' | 'timeout'>,
  part: PipelinePart = 'tasks',
): number {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task.name)?.['timeout'];
  const { timeouts, timeout } = spec;
  const given = isObject(timeouts) ? timeouts : {};
  const other = part === 'tasks' ? 'finally' : 'tasks';
  const whole = millisecondsOf(given['pipeline']);
  const rest = whole - millisecondsOf(given[other]);
  const left = given[part] === undefined && Number.isFinite(rest) && rest > 0 ? rest : Number.POSITIVE_INFINITY;
  return Math.min(whole, left, ...[own ?? task.timeout, timeout, given[part]].map(millisecondsOf));
}

/** What is no duration is for Tekton's webhook to refuse. */
function millisecondsOf(value: Json | undefined): number {
  const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
  return milliseconds === undefined || milliseconds <= 0 ? Number.POSITIVE_INFINITY : milliseconds;
}
