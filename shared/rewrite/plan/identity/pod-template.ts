import { isObject, objects } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { PodUser } from '../plan.ts';
import type { Run } from '../../tekton/tekton.ts';

/** What the podTemplate of a task says about the user; nothing where it leaves that to the images. */
export function podUser(run: Run, task: string): PodUser | undefined {
  const [own, template] = podTemplates(run, task);
  // Tekton merges two pod templates field by field, and takes the security context as a whole from one of them.
  const context = contextOf(own) ?? contextOf(template) ?? {};
  if (context['runAsUser'] !== undefined) return 'given';
  return context['runAsNonRoot'] === true ? 'non-root' : undefined;
}

/** The variables that the podTemplate of a task sets, which in Tekton 1.15 beat those of steps; of two of a name the task's own. */
export function podVariables(run: Run, task: string): ReadonlyMap<string, Json | undefined> {
  const found = podTemplates(run, task)
    .toReversed()
    .flatMap((template) => (isObject(template) ? objects(template['env']) : []));
  return new Map(found.flatMap(({ name, value }) => (typeof name === 'string' ? [[name, value] as const] : [])));
}

/** `windows` where the podTemplate of a task asks for such nodes; nothing for all others. */
export function podSystem(run: Run, task: string): { readonly system?: 'windows' } {
  const selectors = podTemplates(run, task).map((template) =>
    isObject(template) ? template['nodeSelector'] : undefined,
  );
  // One template gives the whole node selector, as one gives the whole security context.
  const selector = selectors.find(isObject);
  return selector?.['kubernetes.io/os'] === 'windows' ? { system: 'windows' } : {};
}

/** The task's own first. */
function podTemplates({ spec, kind }: Run, task: string): readonly [Json | undefined, Json | undefined] {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task);
  const template =
    kind === 'PipelineRun' ? (spec.taskRunTemplate?.['podTemplate'] ?? spec.podTemplate) : spec.podTemplate;
  return [own?.['podTemplate'], template];
}

function contextOf(podTemplate: Json | undefined): JsonObject | undefined {
  const context = isObject(podTemplate) ? podTemplate['securityContext'] : undefined;
  return isObject(context) ? context : undefined;
}
