import { expect } from 'chai';
import { readConfig } from '../../../../controller/config/config.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { Metrics } from '../../../../controller/metrics/metrics.ts';
import { nestedName } from '../../../../controller/resolver/nested-request.ts';
import { ResolverReconciler } from '../../../../controller/resolver/reconciler.ts';
import type { ResolutionRequest } from '../../../../controller/tekton/resolution-request.ts';
import { RewritingThread } from '../../../../controller/resolver/rewriting-thread.ts';
import { createLog } from '../../../../shared/log.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';

const NAMESPACE = '/apis/tekton.dev/v1/namespaces/ns';
const REQUESTS = '/apis/resolution.tekton.dev/v1beta1/namespaces/ns/resolutionrequests';
const NOW = new Date('2026-01-01T00:00:00Z');

const OWNER = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run', uid: 'run-uid', controller: true };
const RUN = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run', namespace: 'ns', uid: 'run-uid', resourceVersion: '7' },
  spec: { workspaces: [{ name: 'w', emptyDir: {} }] },
};
const PIPELINE = {
  metadata: { name: 'p', namespace: 'ns', uid: 'p-uid', resourceVersion: '3' },
  spec: { workspaces: [{ name: 'w' }], tasks: [{ name: 'a', taskRef: { name: 't' }, workspaces: [{ name: 'w' }] }] },
};

function requestWith(
  params: Readonly<Record<string, unknown>>,
  more: Partial<ResolutionRequest['metadata']> = {},
): ResolutionRequest {
  return {
    metadata: {
      name: 'cache-1',
      namespace: 'ns',
      uid: 'request-uid',
      creationTimestamp: NOW.toISOString(),
      labels: { 'resolution.tekton.dev/type': 'cache' },
      ownerReferences: [OWNER],
      ...more,
    },
    spec: {
      params: Object.entries({ workspaces: 'w', target: 'r/x', ...params }).map(([name, value]) => ({ name, value })),
    },
  };
}

describe('the reconciler of resolution requests', () => {
  let api: FakeApiServer;
  let now: Date;
  let metrics: Metrics;
  let reconciler: ResolverReconciler;
  beforeEach(async () => {
    api = await FakeApiServer.start();
    now = NOW;
    metrics = new Metrics();
    api.on(`GET ${NAMESPACE}/pipelineruns/run`, answer(RUN));
    api.on(`GET ${NAMESPACE}/pipelines/p`, answer(PIPELINE));
  });
  afterEach(async () => await api.stop());

  const reconcile = async (request: ResolutionRequest, nested?: ResolutionRequest) => {
    api.on(`PATCH ${REQUESTS}/cache-1/status`, answer({ metadata: { uid: 'request-uid', resourceVersion: '12' } }));
    api.on(`GET ${REQUESTS}/cache-1`, answer({ ...request, metadata: { ...request.metadata, resourceVersion: '9' } }));
    reconciler = new ResolverReconciler({
      client: new KubeClient(api.transport()),
      request: () => request,
      nested: () => nested,
      metrics,
      thread: new RewritingThread(),
      config: () => ({ ...readConfig({}).config, image: 'helper' }),
      log: createLog({ silent: true }),
      now: () => now,
    });
    return await reconciler.reconcile('ns/cache-1', new AbortController().signal);
  };
  const patches = () =>
    api.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ body }) => body as { status: Record<string, unknown>; metadata?: object });
  const refusal = () => (patches()[0]?.status['conditions'] as { reason: string; message: string }[] | undefined)?.[0];

  it('answers with the rewritten Pipeline, and leaves the conditions to Tekton', async () => {
    await reconcile(requestWith({ pipelineref: 'p' }));
    const [patch] = patches();
    expect(patch?.status).to.have.all.keys('data', 'annotations', 'refSource', 'source');
    const document = JSON.parse(Buffer.from(String(patch?.status['data']), 'base64').toString()) as typeof PIPELINE;
    // By this label the controller finds the TaskRuns again.
    const metadata = { name: 'p', labels: { 'cache.tekton.dev/steps': 'cache' } };
    expect(document).to.deep.include({ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata });
    expect(document.spec.tasks[0]?.taskRef).to.include({ resolver: 'cache' });
    expect(metrics.text()).to.include('tekton_cache_resolutions_total{resolver="cache",outcome="answered"} 1\n');
  });

  it('takes no event from before its answer for a request without one', async () => {
    const again = { ...requestWith({ pipelineref: 'p' }) };
    await reconcile({ ...again, metadata: { ...again.metadata, resourceVersion: '10' } });
    const { requeueAfterMs } = await reconciler.reconcile('ns/cache-1', new AbortController().signal);
    expect(patches()).to.have.length(1);
    expect(requeueAfterMs).to.be.greaterThan(0);
  });

  it('says where the Pipeline is from', async () => {
    await reconcile(requestWith({ pipelineref: 'p' }));
    const source = patches()[0]?.status['refSource'] as { uri: string; digest: { sha256: string } };
    expect(source.uri).to.equal('/apis/tekton.dev/v1/namespaces/ns/pipeline/p@p-uid');
    expect(source.digest.sha256).to.match(/^[0-9a-f]{64}$/);
  });

  it('refuses with a sentence, only if the request is still what it was', async () => {
    await reconcile(requestWith({ pipelineref: 'p', workspaces: 'x' }));
    expect(metrics.text()).to.include('tekton_cache_resolutions_total{resolver="cache",outcome="refused"} 1\n');
    expect(refusal()).to.include({ reason: 'ResolutionFailed' });
    expect(refusal()?.message).to.contain('there is no workspace `x`');
    expect(patches()[0]?.metadata).to.deep.equal({ resourceVersion: '9' });
    expect(patches()[0]?.status).to.include({ data: '' });
  });

  describe('whose refusal met another write', () => {
    const request = requestWith({ pipelineref: 'p', workspaces: 'x' });
    const version = (resourceVersion: string, more: object = {}) =>
      answer({ ...request, ...more, metadata: { ...request.metadata, resourceVersion } });

    it('refuses the version that it looked at then', async () => {
      api.on(`GET ${REQUESTS}/cache-1`, version('9'), version('10'));
      api.on(`PATCH ${REQUESTS}/cache-1/status`, refuse(409, 'Conflict'), answer({ metadata: {} }));
      await reconcile(request);
      expect(patches().map(({ metadata }) => metadata)).to.deep.equal([
        { resourceVersion: '9' },
        { resourceVersion: '10' },
      ]);
    });

    it('leaves it alone when that write was the answer', async () => {
      api.on(`GET ${REQUESTS}/cache-1`, version('9'), version('10', { status: { data: 'answered' } }));
      api.on(`PATCH ${REQUESTS}/cache-1/status`, refuse(409, 'Conflict'));
      await reconcile(request);
      expect(patches()).to.have.length(1);
    });
  });

  it('says which Pipeline is missing', async () => {
    await reconcile(requestWith({ pipelineref: 'q' }));
    expect(refusal()?.message).to.equal(
      'There is no Pipeline `q` in namespace `ns`. Where Pipelines-as-Code is to bring it, see docs/pipelines-as-code.md.',
    );
  });

  it('serves nobody but runs, of the very UID', async () => {
    await reconcile(requestWith({ pipelineref: 'p' }, { ownerReferences: [{ ...OWNER, uid: 'another' }] }));
    expect(refusal()?.message).to.contain('PipelineRun run is gone');
  });

  it('refuses a request from within another of our own', async () => {
    const outer = {
      apiVersion: 'resolution.tekton.dev/v1beta1',
      kind: 'ResolutionRequest',
      name: 'outer',
      uid: 'o',
      controller: true,
    };
    api.on(
      `GET ${REQUESTS}/outer`,
      answer({ metadata: { name: 'outer', uid: 'o', labels: { 'resolution.tekton.dev/type': 'wrap' } } }),
    );
    await reconcile(requestWith({ pipelineref: 'p' }, { ownerReferences: [outer] }));
    expect(refusal()?.message).to.contain('one rewriting cannot be put into another');
  });

  it('tries again when the API server is busy, and refuses when the minute is over', async () => {
    api.on(`GET ${NAMESPACE}/pipelines/busy`, refuse(503, 'ServiceUnavailable'));
    const request = requestWith({ pipelineref: 'busy' });
    const failure = await reconcile(request).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(Error);
    expect(patches()).to.deep.equal([]);
    now = new Date(NOW.getTime() + 51_000);
    await reconcile(request);
    expect(refusal()?.message).to.contain('did not answer in time');
  });

  it('does nothing about a request that is done', async () => {
    const done = { ...requestWith({ pipelineref: 'p' }), status: { data: 'e30=' } };
    expect(await reconcile(done)).to.deep.equal({});
    expect(api.received).to.deep.equal([]);
  });

  describe('with a reference for another resolver', () => {
    const request = requestWith({ pipelineref: '{resolver: git, params: [{name: url, value: u}]}' });
    const nested = (status: ResolutionRequest['status']): ResolutionRequest => ({
      metadata: {
        name: nestedName(request),
        namespace: 'ns',
        labels: { 'resolution.tekton.dev/type': 'git' },
        ownerReferences: [
          {
            apiVersion: 'resolution.tekton.dev/v1beta1',
            kind: 'ResolutionRequest',
            name: 'cache-1',
            uid: 'request-uid',
          },
        ],
      },
      spec: {},
      ...(status === undefined ? {} : { status }),
    });
    const base64 = (document: object) => Buffer.from(JSON.stringify(document)).toString('base64');
    const succeeded = [{ type: 'Succeeded', status: 'True' as const }];

    it('asks it, in the same namespace and as its own', async () => {
      api.on(`POST ${REQUESTS}`, answer({}));
      const { requeueAfterMs } = await reconcile(request);
      const asked = api.received.find(({ method }) => method === 'POST')?.body as ResolutionRequest;
      expect(asked.metadata.labels).to.include({ 'resolution.tekton.dev/type': 'git' });
      expect(asked.metadata.ownerReferences?.[0]).to.include({ name: 'cache-1', uid: 'request-uid' });
      expect(asked.spec.params).to.deep.equal([{ name: 'url', value: 'u' }]);
      expect(requeueAfterMs).to.equal(50_000);
    });

    it('asks it for what the run says, whatever the value of a param looks like', async () => {
      const text = '{resolver: git, params: [{name: url, value: u}, {name: revision, value: $(params.revision)}]}';
      const value = 'main}, {name: url, value: evil';
      const params = [
        { name: 'workspaces', value: 'w' },
        { name: 'target', value: 'r/x' },
        { name: 'pipelineref', value: text },
      ];
      const pipelineRef = { resolver: 'cache', params };
      const spec = { ...RUN.spec, params: [{ name: 'revision', value }], pipelineRef };
      api.on(`GET ${NAMESPACE}/pipelineruns/other`, answer({ ...RUN, spec }));
      api.on(`POST ${REQUESTS}`, answer({}));
      const asking = { ownerReferences: [{ ...OWNER, name: 'other' }] };
      await reconcile(requestWith({ pipelineref: text.replace('$(params.revision)', value) }, asking));
      const asked = api.received.find(({ method }) => method === 'POST')?.body as ResolutionRequest;
      expect(asked.spec.params).to.deep.equal([
        { name: 'url', value: 'u' },
        { name: 'revision', value },
      ]);
    });

    it('passes on where its answer is from', async () => {
      const refSource = { uri: 'git+u', digest: { sha1: 'abc' }, entryPoint: 'p.yaml' };
      const document = { apiVersion: 'tekton.dev/v1beta1', kind: 'Pipeline', ...PIPELINE };
      await reconcile(request, nested({ conditions: succeeded, data: base64(document), refSource }));
      expect(patches()[0]?.status['refSource']).to.deep.equal(refSource);
      expect(patches()[0]?.status['source']).to.deep.equal(refSource);
    });

    it('goes on after a restart with what was asked before it', async () => {
      const document = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', ...PIPELINE };
      const asked = nested({ conditions: succeeded, data: base64(document), refSource: { uri: 'git+u' } });
      api.on(`POST ${REQUESTS}`, refuse(409, 'AlreadyExists'));
      api.on(`GET ${REQUESTS}/${nestedName(request)}`, answer(asked));
      await reconcile(request);
      expect(patches()[0]?.status['refSource']).to.deep.equal({ uri: 'git+u' });
    });

    it('takes its answer when it is there, before Tekton has said so in a condition', async () => {
      const document = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', ...PIPELINE };
      const unknown = [{ type: 'Succeeded', status: 'Unknown' as const }];
      await reconcile(request, nested({ conditions: unknown, data: base64(document), refSource: { uri: 'git+u' } }));
      expect(patches()[0]?.status['refSource']).to.deep.equal({ uri: 'git+u' });
    });

    it('reads its answer as Tekton would have read it', async () => {
      const text = `{apiVersion: tekton.dev/v1, kind: Pipeline, metadata: {name: p}, spec: {params: [{name: v, default: yes}],
        tasks: [{name: a, taskSpec: {steps: [], volumes: [{name: k, secret: {defaultMode: 0400}}]}}], workspaces: [{name: w}]}}`;
      await reconcile(request, nested({ conditions: succeeded, data: Buffer.from(text).toString('base64') }));
      const document = Buffer.from(String(patches()[0]?.status['data']), 'base64').toString();
      expect(document).to.contain('"default":true').and.contain('"defaultMode":256');
    });

    it('does not take the request of somebody else for its own', async () => {
      const foreign = { ...nested(undefined), metadata: { ...nested(undefined).metadata, ownerReferences: [] } };
      api.on(`POST ${REQUESTS}`, refuse(409, 'AlreadyExists'));
      api.on(`GET ${REQUESTS}/${nestedName(request)}`, answer(foreign));
      await reconcile(request);
      expect(refusal()?.message).to.contain('is not ours');
    });

    it('passes on its sentence when it fails', async () => {
      await reconcile(
        request,
        nested({ conditions: [{ type: 'Succeeded', status: 'False', message: 'no such repository' }] }),
      );
      expect(refusal()?.message).to.equal('The resolver `git` said: no such repository');
    });

    it('refuses an answer of another kind', async () => {
      const document = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: {}, spec: {} };
      await reconcile(request, nested({ conditions: succeeded, data: base64(document) }));
      expect(refusal()?.message).to.equal('The reference is to a Pipeline, and leads to kind "Task".');
    });

    it('does not wait for it for ever', async () => {
      now = new Date(NOW.getTime() + 50_000);
      await reconcile(request, nested(undefined));
      expect(refusal()?.message).to.equal('The resolver `git` did not answer within 50 s.');
    });
  });
});
