import { expect } from 'chai';

import { HelperPods } from '../../../../controller/cache-run/pod/helper-pods.ts';
import { Turns } from '../../../../controller/cache-run/queue/turns.ts';
import { podNameOf, UNSEEN_SECRETS } from '../../../../controller/cache-run/pod/helper-pod.ts';
import { CacheRunReconciler } from '../../../../controller/cache-run/reconciler.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { EventRecorder } from '../../../../controller/kube/events.ts';
import type { Pod } from '../../../../controller/kube/objects/pod.ts';
import { Metrics } from '../../../../controller/metrics/metrics.ts';
import type { CustomRun, CustomRunStatus } from '../../../../controller/tekton/custom-run.ts';
import { CUSTOM_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import type { Log } from '../../../../shared/log.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';
import type { Answer } from '../../../support/fake-kubernetes/api-server.ts';
import { config, customRun, endedContainer, helperPod, report } from './examples.ts';

const PODS_PATH = '/api/v1/namespaces/ns/pods';
const ACCOUNT_PATH = '/api/v1/namespaces/ns/serviceaccounts/default';
const RUN_PATH = '/apis/tekton.dev/v1beta1/namespaces/ns/customruns/pr-fetch';

describe('the reconciler of runs, where no pod can be made,', () => {
  let api: FakeApiServer;
  let turns: Turns;
  let metrics: Metrics;
  let errors: string[];
  beforeEach(async () => {
    api = await FakeApiServer.start();
    metrics = new Metrics();
    errors = [];
    turns = new Turns({ limits: () => config });
  });
  afterEach(async () => await api.stop());

  /** All goes well, but for these. */
  const serve = (different: Readonly<Record<string, Answer>>): void => {
    const answers = {
      [`GET ${ACCOUNT_PATH}`]: answer({ metadata: { name: 'default' } }),
      'GET /api/v1/namespaces/ns': answer({ metadata: { name: 'ns' } }),
      [`POST ${PODS_PATH}`]: answer({ metadata: { name: 'pod', namespace: 'ns' }, spec: { containers: [] } }),
      'POST /api/v1/namespaces/ns/events': answer({ metadata: { name: 'event' } }),
      [`PATCH ${RUN_PATH}/status`]: answer(customRun()),
      ...different,
    };
    for (const [request, given] of Object.entries(answers)) api.on(request, given);
  };

  /** What became of the run: the error to try again after, if one, and the statuses that were written. */
  const reconcile = async (
    run: CustomRun,
  ): Promise<{ readonly error?: unknown; readonly statuses: CustomRunStatus[] }> => {
    const client = new KubeClient(api.transport());
    const error = (message: string, fields: object = {}) => void errors.push(JSON.stringify({ message, ...fields }));
    const ignore = () => undefined;
    const log: Log = { debug: ignore, info: ignore, warn: ignore, error, child: () => log };
    const reconciler = new CacheRunReconciler({
      kind: CUSTOM_RUN_KIND,
      client,
      run: () => run,
      pods: new HelperPods(client, log),
      turns,
      events: new EventRecorder({ client, component: 'test', log }),
      config: () => config,
      metrics,
      log,
    });
    const thrown = await reconciler.reconcile('ns/pr-fetch', new AbortController().signal).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    const statuses = api.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ body }) => (body as { readonly status: CustomRunStatus }).status);
    return { error: thrown, statuses };
  };
  const startedAgo = (seconds: number): CustomRun =>
    customRun({ status: { startTime: new Date(Date.now() - seconds * 1000).toISOString() } });

  const troubles: readonly (readonly [string, string])[] = [
    ['a webhook that does not answer', `POST ${PODS_PATH}`],
    ['a service account that cannot be read', `GET ${ACCOUNT_PATH}`],
  ];
  for (const [what, request] of troubles) {
    it(`tells of ${what} and tries again, while its time runs`, async () => {
      serve({ [request]: refuse(500, 'InternalError') });
      const { error, statuses } = await reconcile(customRun());
      expect(error).to.include({ status: 500 });
      expect(statuses).to.have.length(1);
      expect(statuses[0]?.startTime).to.be.a('string');
      expect(statuses[0]?.conditions?.[0]).to.include({ status: 'Unknown', reason: 'Pending' });
      expect(statuses[0]?.conditions?.[0]?.message).to.include('refused: InternalError');
    });
  }

  it('ends the attempt when that has lasted as long as a pod may wait for a node', async () => {
    serve({ [`POST ${PODS_PATH}`]: refuse(500, 'InternalError') });
    const { error, statuses } = await reconcile(startedAgo(config.schedulingDeadlineMs / 1000 + 1));
    expect(error).to.equal(undefined);
    expect(statuses[0]?.conditions?.[0]).to.include({ status: 'True', reason: 'Succeeded' });
    expect(statuses[0]?.results?.find(({ name }) => name === 'reason')?.value).to.equal('pod-failed');
  });

  it('ends it at once when the pod is refused for good', async () => {
    serve({ [`POST ${PODS_PATH}`]: refuse(403, 'Forbidden') });
    const { statuses } = await reconcile(customRun());
    expect(statuses[0]?.conditions?.[0]).to.include({ status: 'True', reason: 'Succeeded' });
    expect(statuses[0]?.conditions?.[0]?.message).to.include('The helper pod was refused: refused: Forbidden');
  });

  it('ends it at once when a template is such that no pod can be made of it, and counts and logs that as the bug it may be', async () => {
    serve({});
    const podTemplate = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } } as object;
    const annotations = { 'pipeline.tekton.dev/affinity-assistant': 'assistant' };
    const { error, statuses } = await reconcile(customRun({ metadata: { annotations }, spec: { podTemplate } }));
    expect(error).to.equal(undefined);
    expect(statuses[0]?.conditions?.[0]).to.include({ status: 'True', reason: 'Succeeded' });
    expect(statuses[0]?.conditions?.[0]?.message).to.include('The helper pod cannot be made');
    expect(metrics.text()).to.include('tekton_cache_reconcile_errors_total{controller="customruns"} 1\n');
    expect(errors).to.have.length(1);
    expect(errors[0])
      .to.include('"run":"ns/pr-fetch"')
      .and.to.match(/TypeError.*\\n +at .*helper-pod\.ts/);
  });

  it('makes the pod without a user where OpenShift has users of its own for the namespace', async () => {
    const annotations = { 'openshift.io/sa.scc.uid-range': '1000680000/10000' };
    serve({ 'GET /api/v1/namespaces/ns': answer({ metadata: { name: 'ns', annotations } }) });
    await reconcile(customRun());
    const made = api.received.find(({ method, path }) => method === 'POST' && path === PODS_PATH)?.body as Pod;
    expect(made.spec?.securityContext).to.deep.equal({
      seccompProfile: { type: 'RuntimeDefault' },
      runAsNonRoot: true,
    });
    expect(made.spec?.containers[0]?.securityContext?.capabilities).to.deep.equal({ drop: ['ALL'] });
  });

  describe('as another pod has its name,', () => {
    const name = podNameOf(customRun(), 0);
    const forged = {
      ...helperPod(endedContainer(JSON.stringify({ ...report, results: { reason: 'exact', hit: 'true' } }))),
      metadata: { name, namespace: 'ns', uid: 'forged' },
    };
    const takenBy = (pod: Pod) => ({
      [`POST ${PODS_PATH}`]: refuse(409, 'AlreadyExists'),
      [`GET ${PODS_PATH}/${name}`]: answer(pod),
    });
    const taken = takenBy(forged);
    // Whoever may make pods may write that; the label is what an admission policy can keep.
    const { uid } = customRun().metadata;
    const owner = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', name: 'pr-fetch', uid, controller: true };
    const owned: Pod = { ...forged, metadata: { ...forged.metadata, ownerReferences: [owner] } };

    for (const [what, run, pod] of [
      ['a run that has just come', customRun(), forged],
      ['a run that has started', startedAgo(5), forged],
      ['a run that has just come, whose pod lacks the label', customRun(), owned],
      ['a run that has started, whose pod lacks the label', startedAgo(5), owned],
    ] as const) {
      it(`ends ${what} with a sentence, and believes nothing of that pod`, async () => {
        serve(takenBy(pod));
        const { statuses } = await reconcile(run);
        expect(statuses).to.have.length(1);
        expect(statuses[0]?.conditions?.[0]?.message).to.include(`The pod \`${name}\` has the name of the helper pod`);
        expect(statuses[0]?.results?.find((result) => result.name === 'hit')?.value).to.equal('false');
      });
    }

    it('does not delete that pod when the run is cancelled', async () => {
      serve(taken);
      await reconcile(customRun({ ...startedAgo(5), spec: { status: 'RunCancelled' } }));
      expect(api.count(`DELETE ${PODS_PATH}/${name}`)).to.equal(0);
      expect(api.count(`PATCH ${RUN_PATH}/status`)).to.equal(1);
    });

    it('does not delete it when the run is done', async () => {
      serve(taken);
      await reconcile(customRun({ status: { conditions: [{ type: 'Succeeded', status: 'True' }] } }));
      expect(api.count(`DELETE ${PODS_PATH}/${name}`)).to.equal(0);
    });
  });

  for (const [what, secret, annotations] of [
    ['marks a pod whose secrets it may not look at', refuse(403, 'Forbidden'), { [UNSEEN_SECRETS]: 'true' }],
    ['marks no pod whose secrets it has looked at', answer({ metadata: { name: 'push' } }), undefined],
    ['marks no pod whose secrets are not there', refuse(404, 'NotFound'), undefined],
  ] as const) {
    it(`${what}, and mounts them by name`, async () => {
      serve({
        [`GET ${ACCOUNT_PATH}`]: answer({ metadata: { name: 'default' }, secrets: [{ name: 'push' }] }),
        'GET /api/v1/namespaces/ns/secrets/push': secret,
      });
      await reconcile(customRun());
      const made = api.received.find(({ method, path }) => method === 'POST' && path === PODS_PATH)?.body;
      expect((made as Pod).metadata.annotations).to.deep.equal(annotations);
      expect(JSON.stringify((made as Pod).spec.volumes)).to.include('push/.dockerconfigjson');
    });
  }

  describe('as it is not its turn,', () => {
    let now: number;
    beforeEach(() => {
      now = 0;
      turns = new Turns({ limits: () => ({ maxPods: 1, maxPodsPerNamespace: 1 }), now: () => now });
      turns.hold({ kind: 'CustomRun', key: 'ns/other' });
    });

    it('waits without a word for a moment, then says so; the time of the attempt does not run', async () => {
      serve({});
      expect((await reconcile(customRun())).statuses).to.deep.equal([]);
      now = 1000;
      const { statuses } = await reconcile(customRun());
      expect(api.count(`POST ${PODS_PATH}`)).to.equal(0);
      expect(statuses[0]?.conditions?.[0]).to.include({ status: 'Unknown', reason: 'Queued' });
      expect(statuses[0]?.conditions?.[0]?.message).to.include('max-pods');
      expect(statuses[0]).to.not.have.property('startTime');
    });

    it('leaves the line when it is deleted, though a finalizer keeps it', async () => {
      serve({});
      await reconcile(customRun());
      await reconcile(
        customRun({ metadata: { deletionTimestamp: '2026-08-20T10:10:00Z', finalizers: ['example.com/x'] } }),
      );
      turns.release({ kind: 'CustomRun', key: 'ns/other' });
      expect(turns.take({ kind: 'CustomRun', key: 'ns/next' })).to.equal(true);
      expect(api.count(`POST ${PODS_PATH}`)).to.equal(0);
    });

    it('makes the pod when the turn comes, and leaves the line when it is cancelled', async () => {
      serve({});
      await reconcile(customRun());
      turns.release({ kind: 'CustomRun', key: 'ns/other' });
      await reconcile(customRun());
      expect(api.count(`POST ${PODS_PATH}`)).to.equal(1);
      await reconcile(customRun({ spec: { status: 'RunCancelled' } }));
      expect(turns.take({ kind: 'CustomRun', key: 'ns/next' })).to.equal(true);
    });
  });

  it('gives its turn to another while quota is exhausted', async () => {
    turns = new Turns({ limits: () => ({ maxPods: 1, maxPodsPerNamespace: 1 }) });
    const full: Answer = (_request, response) =>
      response.writeHead(403).end(JSON.stringify({ reason: 'Forbidden', message: 'exceeded quota: pods' }));
    serve({ [`POST ${PODS_PATH}`]: full });
    await reconcile(customRun());
    expect(turns.take({ kind: 'CustomRun', key: 'ns/next' })).to.equal(true);
  });

  for (const [attempts, status] of [
    [99, 'Unknown'],
    [100, 'False'],
  ] as const) {
    it(`is ${status} after ${attempts} retries of a million: the API server must have room for all attempts`, async () => {
      serve({ [`POST ${PODS_PATH}`]: refuse(403, 'Forbidden') });
      const retriesStatus = Array.from({ length: attempts }, () => ({}));
      const params = [...(customRun().spec.params ?? []), { name: 'on-error', value: 'fail' }];
      const { statuses } = await reconcile(
        customRun({ spec: { params, retries: 1_000_000 }, status: { retriesStatus } }),
      );
      expect(statuses.at(-1)?.conditions?.[0]).to.include({ status });
    });
  }

  it('does not take the trouble with a status for one with the pod', async () => {
    serve({ [`PATCH ${RUN_PATH}/status`]: refuse(409, 'Conflict') });
    const { error, statuses } = await reconcile(customRun());
    expect(error).to.include({ reason: 'Conflict' });
    expect(statuses).to.have.length(1);
  });
});
