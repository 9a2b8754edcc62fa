/** TaskRuns with the StepActions `cache-fetch` and `cache-upload`, as users write them, and what tests read of them. */
import type { KubeApi, NewObject } from '../kube/kube-api.ts';
import { conditionOf, isDone, paramsOf, SHELL } from './runs.ts';
import type { Params, Run, RunStatus } from './runs.ts';
import { readObjects } from './yaml-files.ts';

export interface TaskRun extends Run {
  readonly status?: RunStatus & {
    readonly podName?: string;
    readonly steps?: readonly StepState[];
  };
}

export interface StepState {
  readonly name: string;
  readonly container: string;
  readonly results?: readonly { readonly name: string; readonly value: string }[];
  readonly terminated?: { readonly exitCode: number; readonly reason: string };
}

export const TASK_RUN = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun' } as const;
const DEADLINE_MS = 120_000;

/** A step of ours, which fails no Task unless told to. */
export function cacheStep(
  name: string,
  action: 'cache-fetch' | 'cache-upload',
  params: Params,
  more: object = {},
): object {
  return { name, onError: 'continue', ref: { name: action }, params: paramsOf(params), ...more };
}

export function shellStep(name: string, script: string): object {
  return { name, image: SHELL, script };
}

/** Brings the StepActions of a folder of `manifests/` into a namespace. */
export async function installStepActions(
  api: KubeApi,
  namespace: string,
  image: string,
  folder: 'stepactions' | 'tekton-caches' = 'stepactions',
): Promise<void> {
  for (const name of ['cache-fetch', 'cache-upload']) {
    for (const object of await readObjects(`manifests/${folder}/${name}.yaml`)) {
      const spec = typeof object['spec'] === 'object' ? object['spec'] : {};
      await api.apply({ ...object, metadata: { ...object.metadata, namespace }, spec: { ...spec, image } });
    }
  }
}

/** Creates a TaskRun and waits for its end. */
export async function runTask(api: KubeApi, taskRun: Pick<NewObject, 'metadata' | 'spec'>): Promise<TaskRun> {
  await api.create({ ...TASK_RUN, ...taskRun });
  const { name, namespace } = taskRun.metadata;
  return await api.waitFor<TaskRun>({ ...TASK_RUN, name, ...(namespace && { namespace }) }, isDone, DEADLINE_MS);
}

export function stepResults({ status }: TaskRun, step: string): Readonly<Record<string, string>> {
  const results = status?.steps?.find(({ name }) => name === step)?.results ?? [];
  return Object.fromEntries(results.map(({ name, value }) => [name, value]));
}

/** `True Succeeded`, `False Failed: "step-x" exited with code 1`, ... */
export function endOf(taskRun: TaskRun): string {
  const { status, reason, message } = conditionOf(taskRun);
  return status === 'True' ? `${status} ${reason}` : `${status} ${reason}: ${message}`;
}
