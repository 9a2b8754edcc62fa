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
    readonly steps?: readonly { readonly name: string }[];
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
  const pod = build?.status?.podName ?? '';
  const results = async (part: string): Promise<Results> => {
    const isStep = build?.status?.steps?.some((step) => step.name === part) === true;
    if (isStep) return resultsInLog(await timedLog(api, { namespace, pod, container: `step-${part}` }));
    const customRun = customRuns.find((one) => taskOf(one) === part);
    return resultsOf({ status: { results: customRun?.status?.results ?? [] } });
  };
  return {
    go: readGoLog(await timedLog(api, { namespace, pod, container: 'step-build' })),
    seconds: (Date.parse(run.status?.completionTime ?? '') - Date.parse(run.metadata.creationTimestamp ?? '')) / 1000,
    modules: (await modulesSoFar()) - before,
    fetch: await results('cache-fetch'),
    upload: await results('cache-upload'),
  };
};

type Timed = Run & { readonly status?: { readonly completionTime?: string } };

const taskOf = ({ metadata }: KubeObject): string => metadata.labels?.['tekton.dev/pipelineTask'] ?? '';

/** Tekton keeps few results of a step that a resolver put in; its log ends with all of them, as JSON. Each line begins with its time. */
const resultsInLog = (log: string): Results => {
  const texts = log.split('\n').map((line) => line.slice(line.indexOf(' ') + 1));
  return JSON.parse(texts.findLast((text) => text.startsWith('{')) ?? '{}');
};

const goDownloads = (records: Awaited<ReturnType<typeof readAccessLog>>): number =>
  downloads(records).filter(({ repository }) => repository === 'go').length;

const timedLog = async (
  api: KubeApi,
  { namespace, pod, container }: { readonly namespace: string; readonly pod: string; readonly container: string },
): Promise<string> => {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&timestamps=true`;
  return (await api.request({ method: 'GET', path })).body;
};
