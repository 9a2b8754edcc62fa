import { controllerOf } from '../kube/objects/object.ts';
import type { KubeObject, OwnerReference } from '../kube/objects/object.ts';
import type { ResourceRequirements } from '../kube/objects/pod.ts';
import type { Resource } from '../kube/objects/resource.ts';
import { isDecided } from './condition.ts';
import type { Condition } from './condition.ts';
import { mergePodTemplates } from './pod-template.ts';
import type { PodTemplate } from './pod-template.ts';

/** The part of a PipelineRun (tekton.dev/v1) that says how the pods of its tasks are to be. */
export interface PipelineRun extends KubeObject {
  readonly spec: {
    readonly taskRunTemplate?: { readonly podTemplate?: PodTemplate | null };
    readonly taskRunSpecs?: readonly PipelineTaskRunSpec[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] | null };
}

interface PipelineTaskRunSpec {
  readonly pipelineTaskName?: string;
  readonly podTemplate?: PodTemplate | null;
  readonly computeResources?: ResourceRequirements | null;
}

export const PIPELINE_RUNS: Resource<PipelineRun> = {
  group: 'tekton.dev',
  version: 'v1',
  plural: 'pipelineruns',
  kind: 'PipelineRun',
};

/** Tekton's label on a run: the task of the pipeline that it runs. */
export const PIPELINE_TASK_LABEL = 'tekton.dev/pipelineTask';

/** The PipelineRun that a run belongs to, if it does. */
export function owningPipelineRun(run: KubeObject): OwnerReference | undefined {
  const owner = controllerOf(run);
  return owner?.kind === 'PipelineRun' && owner.apiVersion.startsWith('tekton.dev/') ? owner : undefined;
}

export function isPipelineRunDone(pipelineRun: PipelineRun): boolean {
  return isDecided(pipelineRun.status?.conditions);
}

/** What Tekton would give the pod of a TaskRun of this task; a CustomRun itself carries none of it. */
export function podSettingsOf(
  pipelineRun: PipelineRun,
  task: string | undefined,
): { readonly podTemplate: PodTemplate; readonly resources?: ResourceRequirements } {
  const { taskRunSpecs, taskRunTemplate } = pipelineRun.spec;
  const spec = taskRunSpecs?.find((candidate) => candidate.pipelineTaskName === task);
  const podTemplate = mergePodTemplates(spec?.podTemplate, taskRunTemplate?.podTemplate);
  return { podTemplate, ...(spec?.computeResources ? { resources: spec.computeResources } : {}) };
}
