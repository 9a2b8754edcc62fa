import { once } from 'node:events';
import http from 'node:http';

/** An API server full of runs that are done, and of helper pods that have finished: as many as no cluster of a test can hold. */
export interface CrowdedCluster {
  readonly url: string;
  /** Pages of each collection that were asked for. */
  readonly pages: () => number;
  readonly stop: () => Promise<void>;
}

interface Crowd {
  readonly runs: number;
  readonly pods: number;
  /** Answers no list of runs. */
  readonly stalls?: true;
}

type Make = (index: number) => object;

export async function startCrowdedCluster({ runs, pods, stalls }: Crowd): Promise<CrowdedCluster> {
  const collections: Readonly<Record<string, { readonly count: number; readonly make: Make }>> = {
    '/apis/tekton.dev/v1beta1/customruns': { count: runs, make: doneRun },
    '/api/v1/pods': { count: pods, make: finishedPod },
    '/api/v1/namespaces/tekton-cache/configmaps': { count: 0, make: doneRun },
  };
  const discovery = { resources: [{ name: 'customruns' }] };
  let pages = 0;
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const collection = collections[pathname];
    response.setHeader('content-type', 'application/json');
    if (pathname === '/apis/tekton.dev/v1beta1') response.end(JSON.stringify(discovery));
    else if (collection === undefined) response.writeHead(404).end('{"reason":"NotFound"}');
    else if (searchParams.get('watch') === 'true') response.flushHeaders();
    else {
      pages += 1;
      if (!stalls || collection.make !== doneRun || collection.count === 0)
        response.end(pageOf(collection, searchParams));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    pages: () => pages,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pageOf({ count, make }: { readonly count: number; readonly make: Make }, query: URLSearchParams): string {
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(count, from + Number(query.get('limit') ?? count));
  const items = Array.from({ length: to - from }, (_, at) => make(from + at));
  return JSON.stringify({ metadata: { resourceVersion: '1000000', continue: to < count ? String(to) : '' }, items });
}

const PARAMS = ['target', 'files', 'paths', 'fallbacks'].map((name) => ({ name, value: `${name} `.repeat(20) }));
const RESULTS = Array.from({ length: 12 }, (_, at) => ({ name: `modules-result-${at}`, value: 'sha256:'.repeat(9) }));

/** Some 4 kB, as Tekton makes them. */
function doneRun(index: number): object {
  const time = '2026-08-20T10:00:00Z';
  return {
    metadata: metaOf('build-fetch', index, {
      annotations: { notes: 'n'.repeat(800) },
      labels: { 'tekton.dev/pipelineRun': `build-${index}`, 'tekton.dev/pipelineTask': 'fetch' },
    }),
    spec: {
      customRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' },
      params: PARAMS,
      workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
    },
    status: {
      conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: time }],
      startTime: time,
      completionTime: time,
      results: RESULTS,
    },
  };
}

/** Some 8.5 kB, as kubelets leave them. */
function finishedPod(index: number): object {
  const owner = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', controller: true };
  return {
    metadata: metaOf('build-fetch-pod', index, {
      ownerReferences: [{ ...owner, name: `build-fetch-${index}`, uid: `build-fetch-uid-${index}` }],
      managedFields: [{ manager: 'kubelet', fieldsV1: { f: 'f'.repeat(2000) } }],
    }),
    spec: { containers: [{ name: 'cache', env: [{ name: 'CACHE_REQUEST', value: 'r'.repeat(3000) }] }] },
    status: {
      phase: 'Succeeded',
      conditions: Array.from({ length: 6 }, (_, at) => ({
        type: `Type${at}`,
        status: 'True',
        message: 'm'.repeat(80),
      })),
      containerStatuses: [{ name: 'cache', state: { terminated: { exitCode: 0, message: 'm'.repeat(1500) } } }],
    },
  };
}

function metaOf(name: string, index: number, more: object): object {
  const identity = { name: `${name}-${index}`, namespace: `team-${index % 50}`, uid: `${name}-uid-${index}` };
  return { ...identity, resourceVersion: String(index + 1), creationTimestamp: '2026-08-20T09:59:00Z', ...more };
}
