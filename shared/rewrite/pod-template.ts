import { isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import type { Run } from './tekton.ts';

/** Must the pods of a task not run as root, without being told as whom? Nobody else would choose a user for our steps then. */
export function mustNotBeRoot({ spec, kind }: Run, task: string): boolean {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task);
  const template =
    kind === 'PipelineRun' ? (spec.taskRunTemplate?.['podTemplate'] ?? spec.podTemplate) : spec.podTemplate;
  const context = { ...contextOf(template), ...contextOf(own?.['podTemplate']) };
  return context['runAsNonRoot'] === true && context['runAsUser'] === undefined;
}

function contextOf(podTemplate: Json | undefined): JsonObject {
  const context = isObject(podTemplate) ? podTemplate['securityContext'] : undefined;
  return isObject(context) ? context : {};
}
