import type { Cluster } from '../cluster/cluster.ts';
import type { KubeApi, KubeObject, NewObject } from '../kube/kube-api.ts';
import { downloads, readAccessLog } from '../mirror/access-log.ts';
import { conditionOf, isDone, resultsOf } from '../product/runs.ts';
import type { Run } from '../product/runs.ts';
import { readGoLog } from './go-log.ts';
import type { GoWork } from './go-log.ts';

/** What one PipelineRun of the sample did. */
export interface SampleRun {
  readonly go: GoWork;
  /** From the creation of the PipelineRun to its end. */
  readonly seconds: number;
  /** Modules that the mirror sent while it ran. */
  readonly modules: number;
  /** Results of the fetch and of the upload; empty where nothing of ours ran. */
  readonly fetch: Results;
  readonly upload: Results;
}

type Results = Readonly<Record<string, string>>;

interface Child extends KubeObject {
  readonly status?: {
    readonly podName?: string;
    readonly results?: readonly { readonly name: string; readonly value: string }[];
    readonly steps?: readonly {
      readonly name: string;
      readonly results?: readonly { readonly name: string; readonly value: string }[];
    }[];
  };
}

const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const DEADLINE_MS = 400_000;

/** Creates a PipelineRun, waits for its end, and gathers what it did. Throws when it did not succeed. */
export const runSample = async (
  { api, state }: Cluster,
  { metadata: { name, namespace = '' }, ...object }: NewObject,
): Promise<SampleRun> => {
  const modulesSoFar = async (): Promise<number> =>
    state.local === undefined ? 0 : goDownloads(await readAccessLog(state.local.mirrorLog));
  const before = await modulesSoFar();
  await api.create({ ...object, metadata: { name, namespace } });
  const run = await api.waitFor<Timed>({ ...PIPELINE_RUN, name, namespace }, isDone, DEADLINE_MS);
  const { status, reason, message } = conditionOf(run);
  if (status !== 'True') throw new Error(`PipelineRun ${name}: ${reason}: ${message}`);
  const selector = `tekton.dev/pipelineRun=${name}`;
  const taskRuns = await api.list<Child>({ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace }, selector);
  const customRuns = await api.list<Child>(
    { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', namespace },
    selector,
  );
  const build = taskRuns.find((taskRun) => taskOf(taskRun) === 'build');
  const results = (part: string): Results =>
    resultsOf({ status: { results: resultsNamed(part, build, customRuns) ?? [] } });
  return {
    go: readGoLog(await timedLog(api, { namespace, pod: build?.status?.podName ?? '', container: 'step-build' })),
    seconds: (Date.parse(run.status?.completionTime ?? '') - Date.parse(run.metadata.creationTimestamp ?? '')) / 1000,
    modules: (await modulesSoFar()) - before,
    fetch: results('cache-fetch'),
    upload: results('cache-upload'),
  };
};

type Timed = Run & { readonly status?: { readonly completionTime?: string } };

const taskOf = ({ metadata }: KubeObject): string => metadata.labels?.['tekton.dev/pipelineTask'] ?? '';

/** Of a step of the build, or of a task of its own. */
const resultsNamed = (part: string, build: Child | undefined, customRuns: readonly Child[]) =>
  build?.status?.steps?.find(({ name }) => name === part)?.results ??
  customRuns.find((customRun) => taskOf(customRun) === part)?.status?.results;

const goDownloads = (records: Awaited<ReturnType<typeof readAccessLog>>): number =>
  downloads(records).filter(({ repository }) => repository === 'go').length;

const timedLog = async (
  api: KubeApi,
  { namespace, pod, container }: { readonly namespace: string; readonly pod: string; readonly container: string },
): Promise<string> => {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&timestamps=true`;
  return (await api.request({ method: 'GET', path })).body;
};
