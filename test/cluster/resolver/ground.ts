import type { NamespaceOptions } from '../../support/cluster/test-namespace.ts';
import type { KubeObject, NewObject } from '../../support/kube/kube-api.ts';
import { paramsOf, shellTask } from '../../support/product/runs.ts';
import { useProduct } from '../cache-run/ground.ts';
import type { Ground } from '../cache-run/ground.ts';

/** A PipelineRun or TaskRun, as far as these tests look at it. */
export interface Run extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly results?: readonly { readonly name: string; readonly value: string }[];
    readonly steps?: readonly {
      readonly name: string;
      readonly results?: readonly { readonly name: string; readonly value: string }[];
    }[];
  };
}

const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const TASK_RUN = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun' } as const;
/** Several runs at once take longer than each alone. */
const DEADLINE_MS = 300_000;

/** Pipelines, and runs of them through our resolvers, in a namespace of their own. */
export interface ResolverGround extends Ground {
  create(object: NewObject): Promise<void>;
  /** A Pipeline with the workspace `w`. */
  pipeline(name: string, tasks: readonly object[], more?: object): Promise<void>;
  /** To its end. */
  run(pipelineRef: object, workspaces: readonly object[], more?: object, metadata?: object): Promise<Run>;
  taskRun(name: string, spec: object): Promise<Run>;
  /** A repository of its own for each name. */
  target(name: string, tag?: string): string;
  /** A cluster of the bench that somebody has started by hand may be without Tekton's own resolvers. */
  hasTektonResolvers(): Promise<boolean>;
  stepResult(runName: string, task: string, step: string, name: string): Promise<string | undefined>;
}

/** For the top of a `describe`. */
export function useResolvers(options: NamespaceOptions = {}): ResolverGround {
  const ground = useProduct({ prefix: 'resolver', ...options });
  let number = 0;
  const api = () => ground.product.cluster.api;
  const create = async (object: NewObject): Promise<void> => {
    await api().create({ ...object, metadata: { ...object.metadata, namespace: ground.space.name } });
  };
  const ended = async (
    type: typeof PIPELINE_RUN | typeof TASK_RUN,
    metadata: { readonly name: string },
    spec: object,
  ): Promise<Run> => {
    await create({ ...type, metadata, spec });
    return await api().waitFor<Run>(
      { ...type, name: metadata.name, namespace: ground.space.name },
      isDone,
      DEADLINE_MS,
    );
  };
  return Object.assign(ground, {
    create,
    pipeline: async (name: string, tasks: readonly object[], more: object = {}) =>
      await create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata: { name },
        spec: { workspaces: [{ name: 'w' }], tasks, ...more },
      }),
    run: async (pipelineRef: object, workspaces: readonly object[], more: object = {}, metadata: object = {}) =>
      await ended(PIPELINE_RUN, { name: `run-${++number}`, ...metadata }, { pipelineRef, workspaces, ...more }),
    taskRun: async (name: string, spec: object) => await ended(TASK_RUN, { name }, spec),
    target: (name: string, tag = 'end') =>
      `${ground.product.registry}/${ground.space.name}/${name}/{{workspace}}:${tag}`,
    hasTektonResolvers: async () =>
      (await api().find({ apiVersion: 'v1', kind: 'Namespace', name: 'tekton-pipelines-resolvers' })) !== undefined,
    stepResult: async (runName: string, task: string, step: string, name: string) => {
      const selector = `tekton.dev/pipelineRun=${runName},tekton.dev/pipelineTask=${task}`;
      const [taskRun] = await api().list<Run>({ ...TASK_RUN, namespace: ground.space.name }, selector);
      return taskRun && resultOfStep(taskRun, step, name);
    },
  });
}

export function isDone({ status }: Run): boolean {
  return ['True', 'False'].includes(status?.conditions?.[0]?.status ?? '');
}

type Params = Readonly<Record<string, string>>;

/** References to our resolvers. */
export const cache = (params: Params) => ({
  resolver: 'cache',
  params: paramsOf({ workspaces: 'w', insecure: 'true', ...params }),
});
export const wrap = (params: Params) => ({
  resolver: 'wrap',
  params: paramsOf({ workspaces: 'w', insecure: 'true', ...params }),
});

export const EMPTY_DIR = [{ name: 'w', emptyDir: {} }];
/** Everything in a directory, names and content, in one line. */
export const PICTURE = `find . -path ./.tekton-cache -prune -o -type f -print | sort | while read f; do printf '%s=%s ' "$f" "$(cat $f)"; done`;

/** A task that works in the workspace `w`. */
export const uses = (name: string, script: string, more: object = {}) =>
  shellTask(name, `cd $(workspaces.w.path)\n${script}`, { workspaces: ['w'], ...more });

/** Of which run, and what Tekton says of it. */
export const sentence = ({ metadata: { namespace, name }, status }: Run): string =>
  `${namespace}/${name}: ${status?.conditions?.[0]?.message ?? ''}`;
export const reason = ({ status }: Run): string => status?.conditions?.[0]?.reason ?? '';
export const result = ({ status }: Run, name: string): string =>
  status?.results?.find((one) => one.name === name)?.value ?? '';
export const resultOfStep = ({ status }: Run, step: string, name: string): string | undefined =>
  status?.steps?.find((one) => one.name === step)?.results?.find((one) => one.name === name)?.value;
