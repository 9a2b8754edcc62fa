import { isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { PodUser } from '../plan.ts';
import type { Run } from '../../tekton/tekton.ts';

/** What the podTemplate of a task says about the user; nothing where it leaves that to the images. */
export function podUser({ spec, kind }: Run, task: string): PodUser | undefined {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task);
  const template =
    kind === 'PipelineRun' ? (spec.taskRunTemplate?.['podTemplate'] ?? spec.podTemplate) : spec.podTemplate;
  // Tekton merges two pod templates field by field, and takes the security context as a whole from one of them.
  const context = contextOf(own?.['podTemplate']) ?? contextOf(template) ?? {};
  if (context['runAsUser'] !== undefined) return 'given';
  return context['runAsNonRoot'] === true ? 'non-root' : undefined;
}

function contextOf(podTemplate: Json | undefined): JsonObject | undefined {
  const context = isObject(podTemplate) ? podTemplate['securityContext'] : undefined;
  return isObject(context) ? context : undefined;
}
