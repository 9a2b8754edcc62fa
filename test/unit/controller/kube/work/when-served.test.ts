import { expect } from 'chai';

import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import { Informer } from '../../../../../controller/kube/informer/informer.ts';
import { PODS } from '../../../../../controller/kube/objects/resource.ts';
import { Controller } from '../../../../../controller/kube/work/controller.ts';
import { WhenServed } from '../../../../../controller/kube/work/when-served.ts';
import { WorkQueue } from '../../../../../controller/kube/work/work-queue.ts';
import { Metrics } from '../../../../../controller/metrics/metrics.ts';
import { createLog } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';
import {
  answer,
  FakeApiServer,
  hangUp,
  listOf,
  refuse,
  stream,
} from '../../../../support/fake-kubernetes/api-server.ts';

const DISCOVERY = 'GET /api/v1';
const log = createLog({ silent: true });

describe('a controller whose kind the API server does not serve', () => {
  let api: FakeApiServer;
  let waiting: WhenServed;
  let metrics: Metrics;
  beforeEach(async () => {
    api = await FakeApiServer.start();
    metrics = new Metrics();
  });
  afterEach(async () => {
    await waiting.stop();
    await api.stop();
  });

  const start = (needed: boolean): void => {
    const client = new KubeClient(api.transport());
    const make = (): Controller =>
      new Controller({
        name: 'pods',
        sources: [new Informer({ client, resource: PODS, log })],
        queue: new WorkQueue(),
        reconciler: { reconcile: async () => ({}) },
        workers: 1,
        metrics,
        log,
      });
    waiting = new WhenServed({ client, resource: PODS, needed, make, log, everyMs: 5 });
    waiting.start();
  };
  const served = answer({ resources: [{ name: 'pods' }] });
  const looked = async (times: number) => await until('looks', 5000, async () => api.count(DISCOVERY) >= times);

  it('starts when the kind comes, and says meanwhile what is missing', async () => {
    let isInstalled = false;
    api.on(DISCOVERY, (request, response) => (isInstalled ? served : refuse(404, 'NotFound'))(request, response));
    api.on('GET /api/v1/pods', listOf('7')).on('WATCH /api/v1/pods', stream());
    start(true);
    await looked(2);
    expect(waiting.readiness).to.deep.include({ name: 'pods', ok: false });
    isInstalled = true;
    await until('the controller', 5000, async () => waiting.readiness.ok);
    expect(waiting.readiness.detail).to.equal('watched');
  });

  it('says so, and counts it, when the API server takes the right to watch away, until it gives it back', async () => {
    let isAllowed = true;
    api.on(DISCOVERY, served).on('GET /api/v1/pods', listOf('7'));
    api.on('WATCH /api/v1/pods', (request, response) =>
      (isAllowed ? stream() : refuse(403, 'Forbidden'))(request, response),
    );
    start(true);
    await until('the controller', 5000, async () => waiting.readiness.detail === 'watched');
    expect(metrics.text()).to.contain('tekton_cache_watches_lost{resource="pods"} 0');
    isAllowed = false;
    api.cutConnections();
    await until('the trouble', 5000, async () =>
      waiting.readiness.detail.startsWith('not watched now: GET /api/v1/pods: 403'),
    );
    expect(waiting.readiness.ok, 'what is known is worked on').to.equal(true);
    expect(metrics.text()).to.contain('tekton_cache_watches_lost{resource="pods"} 1');
    isAllowed = true;
    await until('the end of the trouble', 10_000, async () => waiting.readiness.detail === 'watched');
  });

  it('is no trouble where the kind need not be there, and says so', async () => {
    api.on(DISCOVERY, answer({ resources: [] }));
    start(false);
    await looked(2);
    expect(waiting.readiness.ok).to.equal(true);
    expect(waiting.readiness.detail).to.include('not served by the API server (v1)');
  });

  it('is trouble, also where it need not be there, as long as the API server does not answer', async () => {
    api.on(DISCOVERY, hangUp);
    start(false);
    await looked(2);
    expect(waiting.readiness.ok).to.equal(false);
  });

  it('stops in order before its first list is complete', async () => {
    api.on(DISCOVERY, served).on('GET /api/v1/pods', () => undefined);
    start(true);
    await until('the list', 5000, async () => api.count('GET /api/v1/pods') === 1);
    await waiting.stop();
    expect(waiting.readiness.ok).to.equal(false);
  });
});
