import { expect } from 'chai';

import { HelperPods } from '../../../../controller/cache-run/pod/helper-pods.ts';
import { Turns } from '../../../../controller/cache-run/queue/turns.ts';
import { CacheRunReconciler } from '../../../../controller/cache-run/reconciler.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { EventRecorder } from '../../../../controller/kube/events.ts';
import type { Pod } from '../../../../controller/kube/objects/pod.ts';
import { Metrics } from '../../../../controller/metrics/metrics.ts';
import type { CustomRunStatus } from '../../../../controller/tekton/custom-run.ts';
import { CUSTOM_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import { createLog } from '../../../../shared/log.ts';
import { answer, FakeApiServer } from '../../../support/fake-kubernetes/api-server.ts';
import { OLDER } from '../../../support/older-release/older-release.ts';
import { config, endedContainer } from './examples.ts';

const { run, pod } = OLDER;
const { name, namespace } = run.metadata;
const PODS_PATH = `/api/v1/namespaces/${namespace}/pods`;
const STATUS = `PATCH /apis/tekton.dev/v1beta1/namespaces/${namespace}/customruns/${name}/status`;
/** The attempt has begun a moment ago. */
const startTime = new Date().toISOString();
const underWay = { ...run, status: { ...run.status, startTime } };

describe('a run that a controller of an older release has begun', () => {
  let api: FakeApiServer;
  beforeEach(async () => (api = await FakeApiServer.start()));
  afterEach(async () => await api.stop());

  /** What is done about it, where the API server has its pod in this state. */
  const reconcile = async (status: Pod['status']) => {
    api.on(`GET ${PODS_PATH}/${pod.metadata.name}`, answer({ ...pod, status }));
    api.on(STATUS, answer(underWay));
    api.on(`POST /api/v1/namespaces/${namespace}/events`, answer({ metadata: { name: 'event' } }));
    const client = new KubeClient(api.transport());
    const log = createLog({ silent: true });
    const reconciler = new CacheRunReconciler({
      kind: CUSTOM_RUN_KIND,
      client,
      run: () => underWay,
      pods: new HelperPods(client, log),
      turns: new Turns({ limits: () => config }),
      events: new EventRecorder({ client, component: 'test', log }),
      config: () => config,
      metrics: new Metrics(),
      log,
    });
    await reconciler.reconcile(`${namespace}/${name}`, new AbortController().signal);
    expect(api.count(`POST ${PODS_PATH}`), 'pods that were made').to.equal(0);
    const patches = api.received.filter(({ method }) => method === 'PATCH');
    return patches.map(({ body }) => (body as { readonly status: CustomRunStatus }).status);
  };

  it('keeps its pod, and is told of no news', async () => {
    const running = { phase: 'Running', containerStatuses: [{ name: 'cache', state: { running: {} } }] };
    expect(await reconcile(running)).to.deep.equal([]);
  });

  it('ends with what its helper reported', async () => {
    const [status] = await reconcile({ phase: 'Succeeded', ...endedContainer(OLDER.report) });
    expect(status?.conditions?.map((condition) => condition.status)).to.deep.equal(['True']);
    const results = Object.fromEntries((status?.results ?? []).map((result) => [result.name, result.value]));
    expect(results).to.include({ hit: 'true', 'cache-match': 'exact', reason: 'exact' });
  });
});
