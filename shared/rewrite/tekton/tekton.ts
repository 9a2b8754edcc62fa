/**
 * The parts of Tekton's v1 API that rewriting reads or writes. Every object keeps its other fields as they are.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/docs/pipeline-api.md
 */
import type { Json, JsonObject } from '../json/json.ts';

export interface Metadata extends JsonObject {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly annotations?: { readonly [name: string]: string };
}

export interface Param extends JsonObject {
  readonly name: string;
  readonly value: Json;
}

interface ParamDeclaration extends JsonObject {
  readonly name: string;
  readonly default?: Json;
}

export interface Pipeline extends JsonObject {
  readonly apiVersion: string;
  readonly kind: 'Pipeline';
  readonly metadata: Metadata;
  readonly spec: PipelineSpec;
}

export interface PipelineSpec extends JsonObject {
  readonly params?: readonly ParamDeclaration[];
  readonly workspaces?: readonly PipelineWorkspace[];
  readonly tasks: readonly PipelineTask[];
  readonly finally?: readonly PipelineTask[];
}

interface PipelineWorkspace extends JsonObject {
  readonly name: string;
  readonly optional?: boolean;
}

export interface PipelineTask extends JsonObject {
  readonly name: string;
  readonly taskRef?: TaskRef;
  readonly taskSpec?: EmbeddedTask;
  readonly pipelineRef?: JsonObject;
  readonly pipelineSpec?: JsonObject;
  readonly runAfter?: readonly string[];
  readonly params?: readonly Param[];
  readonly when?: readonly Json[];
  readonly timeout?: string;
  readonly matrix?: Matrix;
  readonly workspaces?: readonly TaskWorkspaceBinding[];
}

export interface Matrix extends JsonObject {
  readonly params?: readonly Param[];
  readonly include?: readonly Json[];
}

export interface TaskRef extends JsonObject {
  readonly name?: string;
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly resolver?: string;
  readonly params?: readonly Param[];
}

/** Which workspace of the Pipeline a workspace of its Task is; the same name when `workspace` is absent. */
interface TaskWorkspaceBinding extends JsonObject {
  readonly name: string;
  readonly workspace?: string;
  readonly subPath?: string;
}

export interface Task extends JsonObject {
  readonly apiVersion: string;
  readonly kind: 'Task';
  readonly metadata: Metadata;
  readonly spec: TaskSpec;
}

export interface TaskSpec extends JsonObject {
  readonly steps?: readonly Step[];
  readonly sidecars?: readonly Sidecar[];
  readonly stepTemplate?: StepTemplate;
  readonly workspaces?: readonly WorkspaceDeclaration[];
  readonly volumes?: readonly JsonObject[];
}

export interface EmbeddedTask extends TaskSpec {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Metadata;
}

interface WorkspaceDeclaration extends JsonObject {
  readonly name: string;
  readonly mountPath?: string;
  readonly readOnly?: boolean;
  readonly optional?: boolean;
}

interface WorkspaceUsage extends JsonObject {
  readonly name: string;
  readonly mountPath?: string;
}

export interface Step extends JsonObject {
  readonly name?: string;
  readonly workspaces?: readonly WorkspaceUsage[];
  readonly securityContext?: JsonObject;
}

export interface Sidecar extends JsonObject {
  readonly workspaces?: readonly WorkspaceUsage[];
}

export interface StepTemplate extends JsonObject {
  readonly securityContext?: JsonObject;
}

/** A PipelineRun or TaskRun: who asks. */
export interface Run extends JsonObject {
  readonly apiVersion: string;
  readonly kind: 'PipelineRun' | 'TaskRun';
  readonly metadata: Metadata;
  readonly spec: RunSpec;
}

export interface RunSpec extends JsonObject {
  readonly params?: readonly Param[];
  readonly workspaces?: readonly WorkspaceBinding[];
  readonly podTemplate?: JsonObject;
  readonly taskRunTemplate?: JsonObject;
  readonly taskRunSpecs?: readonly JsonObject[];
}

/** A workspace's volume; exactly one of the volume fields is there. */
export interface WorkspaceBinding extends JsonObject {
  readonly name: string;
  readonly subPath?: string;
  readonly emptyDir?: JsonObject;
  readonly persistentVolumeClaim?: JsonObject;
  readonly volumeClaimTemplate?: JsonObject;
}

export const TEKTON_V1 = 'tekton.dev/v1';

/** On a run of a Pipeline: which of its tasks it is. */
export const PIPELINE_TASK_LABEL = 'tekton.dev/pipelineTask';
