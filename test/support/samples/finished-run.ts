import type { KubeApi, KubeObject, NewObject } from '../kube/kube-api.ts';
import { conditionOf, isDone, resultsOf } from '../product/runs.ts';
import type { Run } from '../product/runs.ts';
import { readTimedLog } from './timed-log.ts';
import type { TimedLog } from './timed-log.ts';

/** What one PipelineRun of a sample did. Its task `build`, if it has one, has a step of the same name. */
export interface FinishedRun {
  /** What the step said; nothing where there is no such task. */
  readonly log: TimedLog;
  /** From the creation of the PipelineRun to its end; the API has whole seconds. */
  readonly seconds: number;
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
/** Several builds at once take longer than each alone. */
const DEADLINE_MS = 900_000;

/** Creates a PipelineRun, waits for its end, and gathers what it did. Throws when it did not succeed. */
export const runToTheEnd = async (
  api: KubeApi,
  { metadata: { name, namespace = '' }, ...object }: NewObject,
): Promise<FinishedRun> => {
  await api.create({ ...object, metadata: { name, namespace } });
  const run = await api.waitFor<Timed>({ ...PIPELINE_RUN, name, namespace }, isDone, DEADLINE_MS);
  const selector = `tekton.dev/pipelineRun=${name}`;
  const taskRuns = await api.list<Child>({ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace }, selector);
  const customRuns = await api.list<Child>(
    { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', namespace },
    selector,
  );
  const build = taskRuns.find((taskRun) => taskOf(taskRun) === 'build');
  const pod = build?.status?.podName ?? '';
  const { status, reason, message } = conditionOf(run);
  if (status !== 'True') {
    const said = await logOf(api, namespace, pod, 'build').catch(() => undefined);
    throw new Error([`PipelineRun ${namespace}/${name}: ${reason}: ${message}`, ...(said?.lines.slice(-LAST_WORDS) ?? [])].join('\n'));
  }
  const results = async (part: string): Promise<Results> => {
    const isStep = build?.status?.steps?.some((step) => step.name === part) === true;
    if (isStep) return resultsInLog(await logOf(api, namespace, pod, part));
    const customRun = customRuns.find((one) => taskOf(one) === part);
    return resultsOf({ status: { results: customRun?.status?.results ?? [] } });
  };
  return {
    log: build === undefined ? { lines: [], seconds: 0 } : await logOf(api, namespace, pod, 'build'),
    seconds: (Date.parse(run.status?.completionTime ?? '') - Date.parse(run.metadata.creationTimestamp ?? '')) / 1000,
    fetch: await results('cache-fetch'),
    upload: await results('cache-upload'),
  };
};

/** Lines. */
const LAST_WORDS = 40;

type Timed = Run & { readonly status?: { readonly completionTime?: string } };

const taskOf = ({ metadata }: KubeObject): string => metadata.labels?.['tekton.dev/pipelineTask'] ?? '';

/** Tekton keeps few results of a step that a resolver put in; its log ends with all of them, as JSON. */
const resultsInLog = ({ lines }: TimedLog): Results =>
  JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? '{}');

const logOf = async (api: KubeApi, namespace: string, pod: string, step: string): Promise<TimedLog> => {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=step-${step}&timestamps=true`;
  return readTimedLog((await api.request({ method: 'GET', path })).body);
};
