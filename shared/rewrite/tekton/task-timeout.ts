import { parseDuration } from '../../interface/text/duration.ts';
import { isObject } from '../json/json.ts';
import type { Json } from '../json/json.ts';
import type { PipelineTask, Run } from './tekton.ts';

/**
 * The shortest time after which Tekton ends a TaskRun of this task, in milliseconds, as far as the run and the task say it; infinite where they do
 * not. What a run says of one task counts before what the task says (createTaskRun), and `0` is no timeout.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/pipelinerun.go
 */
export function taskTimeoutMs({ spec }: Run, task: Pick<PipelineTask, 'name' | 'timeout'>): number {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task.name)?.['timeout'];
  const { timeouts, timeout } = spec;
  const ofRun = isObject(timeouts) ? [timeouts['pipeline'], timeouts['tasks']] : [];
  return Math.min(...[own ?? task.timeout, timeout, ...ofRun].map(millisecondsOf));
}

/** What is no duration is for Tekton's webhook to refuse. */
function millisecondsOf(value: Json | undefined): number {
  const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
  return milliseconds === undefined || milliseconds <= 0 ? Number.POSITIVE_INFINITY : milliseconds;
}
