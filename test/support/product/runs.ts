/** PipelineRuns and CustomRuns of caches, as users write them, and what tests read of them. */
import { until } from '../deadline.ts';
import type { KubeApi, KubeObject } from '../kube/kube-api.ts';

export interface Run extends KubeObject {
  readonly spec: { readonly status?: string; readonly statusMessage?: string };
  readonly status?: RunStatus;
}

export interface RunStatus {
  readonly observedGeneration?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly results?: readonly { readonly name: string; readonly value: string }[];
  readonly retriesStatus?: readonly RunStatus[];
  readonly skippedTasks?: readonly { readonly name: string }[];
  readonly childReferences?: readonly { readonly name: string }[];
}

export interface HelperPod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly affinity?: object;
    readonly automountServiceAccountToken?: boolean;
    readonly containers: readonly { readonly name: string; readonly image: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const GROUP_VERSION = 'cache.tekton.dev/v1alpha1';
export const SHELL = '127.0.0.1:5000/shell:1';
const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const CUSTOM_RUN = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun' } as const;
const DEADLINE_MS = 120_000;

export type CacheKind = 'CacheFetch' | 'CacheUpload';
export type Params = Readonly<Record<string, string | readonly string[]>>;

export const paramsOf = (params: Params): readonly object[] =>
  Object.entries(params).map(([name, value]) => ({ name, value }));

/** What binds a workspace to a claim. */
export const claim = (claimName: string): object => ({ persistentVolumeClaim: { claimName } });

/** A pipeline task of ours; `workspaces` maps its names to those of the pipeline. */
export function cacheTask(
  name: string,
  kind: CacheKind,
  {
    params = {},
    workspaces = {},
    ...more
  }: { params?: Params; workspaces?: Readonly<Record<string, string>>; [field: string]: unknown },
): object {
  return {
    name,
    taskRef: { apiVersion: GROUP_VERSION, kind },
    params: paramsOf(params),
    workspaces: Object.entries(workspaces).map(([inner, workspace]) => ({ name: inner, workspace })),
    ...more,
  };
}

/** A pipeline task with one step in a shell; its workspaces have the pipeline's names. */
export function shellTask(
  name: string,
  script: string,
  {
    params = {},
    workspaces = [],
    results = [],
    ...more
  }: { params?: Params; workspaces?: readonly string[]; results?: readonly string[]; [field: string]: unknown } = {},
): object {
  return {
    name,
    params: paramsOf(params),
    workspaces: workspaces.map((workspace) => ({ name: workspace, workspace })),
    taskSpec: {
      params: Object.keys(params).map((param) => ({ name: param })),
      workspaces: workspaces.map((workspace) => ({ name: workspace })),
      results: results.map((result) => ({ name: result })),
      steps: [{ name: 'run', image: SHELL, script }],
    },
    ...more,
  };
}

interface PipelineRunOptions {
  readonly tasks: readonly object[];
  readonly finally?: readonly object[];
  /** Bindings by the pipeline's name of the workspace. */
  readonly workspaces?: Readonly<Record<string, object>>;
  /** Declarations that are more than a name. */
  readonly declarations?: readonly object[];
  readonly results?: Params;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** The params, and fields of the spec. */
export interface CustomRunOptions {
  readonly params?: Params;
  readonly [field: string]: unknown;
}

/** Runs of one namespace. */
export class Runs {
  readonly #api: KubeApi;
  readonly #namespace: string;

  constructor(api: KubeApi, namespace: string) {
    this.#api = api;
    this.#namespace = namespace;
  }

  async createPipelineRun(name: string, options: PipelineRunOptions): Promise<void> {
    const { tasks, workspaces = {}, declarations, results = {}, annotations = {}, spec } = options;
    await this.#api.create({
      ...PIPELINE_RUN,
      metadata: { name, namespace: this.#namespace, annotations },
      spec: {
        workspaces: Object.entries(workspaces).map(([workspace, binding]) => ({ name: workspace, ...binding })),
        pipelineSpec: {
          workspaces: declarations ?? Object.keys(workspaces).map((workspace) => ({ name: workspace })),
          results: paramsOf(results),
          tasks,
          ...(options.finally ? { finally: options.finally } : {}),
        },
        ...spec,
      },
    });
  }

  /** A CustomRun that belongs to nobody. */
  async createCustomRun(name: string, kind: string, spec: CustomRunOptions = {}): Promise<Run> {
    const { params = {}, ...rest } = spec;
    return await this.#api.create<Run>({
      ...CUSTOM_RUN,
      metadata: { name, namespace: this.#namespace },
      spec: { customRef: { apiVersion: GROUP_VERSION, kind }, params: paramsOf(params), ...rest },
    });
  }

  async pipelineRun(name: string, when: (run: Run) => boolean = isDone, milliseconds = DEADLINE_MS): Promise<Run> {
    return await this.#api.waitFor<Run>({ ...PIPELINE_RUN, ...this.#named(name) }, when, milliseconds);
  }

  async customRun(name: string, when: (run: Run) => boolean = isDone, milliseconds = DEADLINE_MS): Promise<Run> {
    return await this.#api.waitFor<Run>({ ...CUSTOM_RUN, ...this.#named(name) }, when, milliseconds);
  }

  /** Tekton cancels only the children that it has written down; one that it has just made goes on for ever. */
  async cancelPipelineRun(name: string, how: string): Promise<void> {
    await this.pipelineRun(name, ({ status }) => (status?.childReferences?.length ?? 0) > 0);
    await this.patchPipelineRun(name, { spec: { status: how } });
  }

  async patchPipelineRun(name: string, patch: object): Promise<void> {
    await this.#api.patch({ ...PIPELINE_RUN, ...this.#named(name) }, patch);
  }

  async patchCustomRun(name: string, patch: object): Promise<void> {
    await this.#api.patch({ ...CUSTOM_RUN, ...this.#named(name) }, patch);
  }

  async deleteCustomRun(name: string): Promise<void> {
    await this.#api.delete({ ...CUSTOM_RUN, ...this.#named(name) });
  }

  /** The helper pods that a run has now, by attempt as far as their names tell. */
  async pods(customRun: string): Promise<readonly HelperPod[]> {
    const kind = { apiVersion: 'v1', kind: 'Pod', namespace: this.#namespace };
    return await this.#api.list<HelperPod>(kind, `tekton.dev/customRun=${customRun}`);
  }

  /** Waits until the last trace of them is gone. */
  async noPods(customRun: string): Promise<void> {
    await until(`the pods of ${customRun} to go`, 20_000, async () => (await this.pods(customRun)).length === 0);
  }

  async deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.#api.delete({ apiVersion: 'v1', kind: 'Pod', ...this.#named(name) }, gracePeriodSeconds);
  }

  async helperLog(customRun: string): Promise<string> {
    const [pod] = await this.pods(customRun);
    return pod ? await this.#api.podLog(this.#namespace, pod.metadata.name, 'cache') : '';
  }

  #named(name: string): { readonly name: string; readonly namespace: string } {
    return { name, namespace: this.#namespace };
  }
}

export function isDone(run: Run): boolean {
  return ['True', 'False'].includes(conditionOf(run).status);
}

export function isRunning(run: Run): boolean {
  return run.status?.startTime !== undefined && !isDone(run);
}

export function conditionOf({ status }: Run): {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
} {
  return status?.conditions?.[0] ?? { status: 'Unknown', reason: '', message: '' };
}

/** `True Succeeded`, `False CustomRunCancelled`, ... */
export function verdictOf(run: Run): string {
  const { status, reason } = conditionOf(run);
  return `${status} ${reason}`;
}

export function resultsOf({ status }: Run | { readonly status?: RunStatus }): Readonly<Record<string, string>> {
  return Object.fromEntries((status?.results ?? []).map(({ name, value }) => [name, value]));
}
