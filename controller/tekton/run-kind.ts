import type { KubeObject } from '../kube/objects/object.ts';
import type { Resource } from '../kube/objects/resource.ts';
import { CUSTOM_RUNS } from './custom-run.ts';
import type { CustomRef, CustomRun, CustomRunSpec, CustomRunStatus, CustomSpec, StoredMeta } from './custom-run.ts';

/**
 * Tekton had two kinds of runs of custom tasks: Runs (tekton.dev/v1alpha1) until 0.46, CustomRuns since 0.43. What differs
 * between them is here; everything else sees CustomRuns.
 */
export interface RunKind<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly toCustomRun: (object: T) => CustomRun;
  /** The words that Tekton itself knows. */
  readonly reasons: RunReasons;
}

export interface RunReasons {
  readonly cancelled: string;
  readonly timedOut: string;
  readonly workspaceNotSupported: string;
}

export const CUSTOM_RUN_KIND: RunKind<CustomRun> = {
  resource: CUSTOM_RUNS,
  toCustomRun: (run) => run,
  reasons: {
    cancelled: 'CustomRunCancelled',
    timedOut: 'CustomRunTimedOut',
    workspaceNotSupported: 'CustomRunWorkspaceNotSupported',
  },
};

export interface LegacyRun extends KubeObject {
  readonly metadata: StoredMeta;
  readonly spec: Omit<CustomRunSpec, 'customRef' | 'customSpec'> & {
    readonly ref?: CustomRef;
    readonly spec?: CustomSpec;
  };
  readonly status?: CustomRunStatus | null;
}

export const LEGACY_RUN_KIND: RunKind<LegacyRun> = {
  resource: { group: 'tekton.dev', version: 'v1alpha1', plural: 'runs', kind: 'Run' },
  toCustomRun: ({ spec: { ref, spec, ...rest }, ...run }) => ({
    ...run,
    spec: { ...rest, ...(ref ? { customRef: ref } : {}), ...(spec ? { customSpec: spec } : {}) },
  }),
  reasons: {
    cancelled: 'RunCancelled',
    timedOut: 'RunTimedOut',
    workspaceNotSupported: 'RunWorkspaceNotSupported',
  },
};
