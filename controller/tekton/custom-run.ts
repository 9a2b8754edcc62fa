/**
 * The part of Tekton's CustomRun (tekton.dev/v1beta1) that a custom task controller reads and writes.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/docs/customruns.md
 */
import type { KubeObject, ObjectMeta } from '../kube/objects/object.ts';
import type { Resource } from '../kube/objects/resource.ts';
import { isDecided } from './condition.ts';
import type { Condition } from './condition.ts';
import type { PodTemplate } from './pod-template.ts';
import type { WorkspaceBinding } from './workspace-binding.ts';

/** An object as the API server gives it: these are always set. */
export interface StoredMeta extends ObjectMeta {
  readonly namespace: string;
  readonly uid: string;
}

export interface CustomRun extends KubeObject {
  readonly metadata: StoredMeta;
  readonly spec: CustomRunSpec;
  readonly status?: CustomRunStatus | null;
}

export interface CustomRunSpec {
  readonly customRef?: CustomRef;
  readonly customSpec?: CustomSpec;
  readonly params?: readonly CustomRunParam[];
  /** The only value is `RunCancelled`. */
  readonly status?: string;
  readonly statusMessage?: string;
  readonly retries?: number;
  readonly serviceAccountName?: string;
  /** A Go duration for each attempt; an hour when absent, none when zero. */
  readonly timeout?: string;
  readonly workspaces?: readonly WorkspaceBinding[];
  /** Legacy Runs only. */
  readonly podTemplate?: PodTemplate;
}

export interface CustomRef {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly params?: readonly CustomRunParam[];
}

export interface CustomSpec {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly spec?: Readonly<Record<string, unknown>> | null;
}

interface CustomRunParam {
  readonly name: string;
  readonly value: unknown;
}

export interface CustomRunStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[] | null;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly results?: readonly CustomRunResult[] | null;
  /** The statuses of the attempts before this one; none of them has a `retriesStatus` itself. */
  readonly retriesStatus?: readonly CustomRunStatus[] | null;
  /** The only place where Tekton keeps fields that it does not know. */
  readonly extraFields?: Readonly<Record<string, unknown>> | null;
}

interface CustomRunResult {
  readonly name: string;
  readonly value: string;
}

export const CUSTOM_RUNS: Resource<CustomRun> = {
  group: 'tekton.dev',
  version: 'v1beta1',
  plural: 'customruns',
  kind: 'CustomRun',
};

/** What Tekton's own controller does when `spec.timeout` is absent, whatever its configuration says. */
export const DEFAULT_TIMEOUT = '1h0m0s';

/** What a run refers to: its `customRef` or its `customSpec`. A run with neither or both has no kind, and no controller takes it. */
export function referenceOf(run: CustomRun): CustomRef | CustomSpec | undefined {
  const { customRef, customSpec } = run.spec;
  if (customRef && customSpec) return undefined;
  return customRef ?? customSpec;
}

/** Does the run refer to a kind of this API group, in whatever version? */
export function isOfGroup(run: CustomRun, group: string): boolean {
  return referenceOf(run)?.apiVersion?.split('/')[0] === group;
}

/** Tekton goes on patching and listing runs that are done. They are never changed again. */
export function isDone(run: CustomRun): boolean {
  return isDecided(run.status?.conditions);
}

/** Are these params, or workspaces? Not every API server has a schema of runs that says so. */
export function areNamed(list: unknown): boolean {
  return (
    Array.isArray(list) &&
    list.every((item: unknown) => {
      const name: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'name') : undefined;
      return typeof name === 'string';
    })
  );
}

export function isCancelled(run: CustomRun): boolean {
  return run.spec.status === 'RunCancelled';
}

/** Attempts that ended before the present one. */
export function attemptOf(run: CustomRun): number {
  return run.status?.retriesStatus?.length ?? 0;
}
