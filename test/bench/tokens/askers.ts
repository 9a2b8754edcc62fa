import { requestToken } from '../../support/product/registry/request-token.ts';
import type { KubeApi, KubeObject } from '../../support/kube/kube-api.ts';

/** A pod's token, and a repository that its run may push to. */
export interface Asker {
  readonly token: string;
  readonly repository: string;
}

interface AskersWish {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly pods: number;
  /** Of each pod, as if the kubelet had renewed them: the answer to each is kept by itself. */
  readonly tokensOfPod: number;
}

const TEKTON = 'tekton.dev/v1';
const AT_ONCE = 12;
const TOKEN_SECONDS = 7200;

/**
 * Pods that run nothing, each of a TaskRun of a PipelineRun of its own that name their children, as the token service wants it. The tokens of one pod
 * are far from each other in the list.
 */
export async function createAskers({ api, namespace, pods, tokensOfPod }: AskersWish): Promise<readonly Asker[]> {
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  const made = await inTurns(pods, async (at) => await createPod(api, namespace, `run-${at}`));
  return await inTurns(pods * tokensOfPod, async (at) => {
    const pod = made[at % pods];
    if (pod === undefined) throw new Error(`there is no pod ${at % pods}`);
    const wish = { namespace, name: 'default', audiences: ['tekton-cache'], seconds: TOKEN_SECONDS, pod };
    return { token: await requestToken(api, wish), repository: `${namespace}/app/cache-${at % pods}` };
  });
}

async function createPod(api: KubeApi, namespace: string, name: string): Promise<{ name: string; uid: string }> {
  const taskSpec = { steps: [{ name: 'build', image: 'none' }] };
  const pipelineSpec = { tasks: [{ name: 'build', taskSpec }] };
  const run = await api.create<KubeObject>({
    apiVersion: TEKTON,
    kind: 'PipelineRun',
    metadata: { name, namespace },
    spec: { pipelineSpec },
  });
  const task = await api.create<KubeObject>({
    apiVersion: TEKTON,
    kind: 'TaskRun',
    metadata: { name: `${name}-build`, namespace, ownerReferences: [ownerOf(run, 'PipelineRun')] },
    spec: { taskSpec },
  });
  const pod = await api.create<KubeObject>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-build-pod`, namespace, ownerReferences: [ownerOf(task, 'TaskRun')] },
    spec: { schedulerName: 'nobody', containers: [{ name: 'build', image: 'none' }] },
  });
  const childReferences = [
    { apiVersion: TEKTON, kind: 'TaskRun', name: task.metadata.name, pipelineTaskName: 'build' },
  ];
  const status = { subresource: 'status' };
  const named = (kind: string, { metadata }: KubeObject) => ({
    apiVersion: TEKTON,
    kind,
    namespace,
    name: metadata.name,
  });
  await api.patch(named('PipelineRun', run), { status: { childReferences } }, status);
  await api.patch(named('TaskRun', task), { status: { podName: pod.metadata.name } }, status);
  return { name: pod.metadata.name, uid: pod.metadata.uid ?? '' };
}

function ownerOf({ metadata: { name, uid = '' } }: KubeObject, kind: string) {
  return { apiVersion: TEKTON, kind, name, uid, controller: true };
}

/** What is made of each number, several at once, in order. */
async function inTurns<T>(count: number, make: (at: number) => Promise<T>): Promise<readonly T[]> {
  const made: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) made[at] = await make(at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return made;
}
