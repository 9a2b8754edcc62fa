import { expect } from 'chai';

import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { Identifier } from '../../../../controller/token-service/identity/identifier.ts';
import { NotYet } from '../../../../controller/token-service/identity/outermost-run.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';
import type { Answer } from '../../../support/fake-kubernetes/api-server.ts';

const REVIEWS = 'POST /apis/authentication.k8s.io/v1/tokenreviews';
const POD = 'GET /api/v1/namespaces/ns/pods/build-pod';
const NAMESPACE = 'GET /api/v1/namespaces/ns';
const TASK_RUN = 'GET /apis/tekton.dev/v1/namespaces/ns/taskruns/build';
const CUSTOM_RUN = 'GET /apis/tekton.dev/v1beta1/namespaces/ns/customruns/fetch';
const PIPELINE_RUN = 'GET /apis/tekton.dev/v1/namespaces/ns/pipelineruns/ci';
const OUTER_RUN = 'GET /apis/tekton.dev/v1/namespaces/ns/pipelineruns/outer';

const NOW = Date.parse('2026-08-20T10:10:00Z');
const YOUNG = '2026-08-20T10:09:59Z';
const OLD = '2026-08-20T10:00:00Z';

const owner = (kind: string, name: string, uid = `uid-${name}`, more: object = {}) => ({
  ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind, name, uid, controller: true, ...more }],
});
const metadata = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, creationTimestamp: OLD, ...more },
});
const pod = (more: object = owner('TaskRun', 'build'), phase = 'Running') =>
  answer({ ...metadata('build-pod', more), spec: { containers: [] }, status: { phase } });
const taskRun = (podName: string | undefined, more: object = owner('PipelineRun', 'ci')) =>
  answer({ ...metadata('build', more), spec: {}, status: { podName } });
const pipelineRun = (children: readonly object[], more: object = {}) =>
  answer({ ...metadata('ci', more), spec: {}, status: { childReferences: children } });
const HELPER = { labels: { 'app.kubernetes.io/managed-by': 'tekton-cache' } };
const CHILD = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'build' };

const BOUND = {
  extra: {
    'authentication.kubernetes.io/pod-name': ['build-pod'],
    'authentication.kubernetes.io/pod-uid': ['uid-build-pod'],
  },
};
const reviewed = (more: object = {}, user: object = {}) =>
  answer({
    status: {
      authenticated: true,
      audiences: ['tekton-cache'],
      user: {
        username: 'system:serviceaccount:ns:builder',
        ...BOUND,
        ...user,
      },
      ...more,
    },
  });

/** As far as nobody has to verify it. */
function token(claims: object = {}): string {
  const payload = { aud: ['tekton-cache'], exp: NOW / 1000 + 600, ...claims };
  return ['{}', JSON.stringify(payload), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.');
}

describe('who asks for a token', () => {
  let server: FakeApiServer;
  beforeEach(async () => (server = await FakeApiServer.start()));
  afterEach(async () => await server.stop());
  const identifier = () => new Identifier({ client: new KubeClient(server.transport()), now: () => NOW });
  const identify = async (password = token()) => await identifier().identify(password);
  const why = async (password?: string) => {
    const found = await identify(password);
    return 'reason' in found ? `${found.status} ${found.reason}: ${found.message}` : found.run;
  };
  const good = () => {
    server.on(REVIEWS, reviewed()).on(NAMESPACE, answer({ metadata: { name: 'ns', labels: { tier: 'one' } } }));
    return server;
  };

  it('is the run that made the pod, with what the platform says of it', async () => {
    const stamps = { annotations: { a: '1' }, labels: { b: '2' } };
    good()
      .on(POD, pod())
      .on(TASK_RUN, taskRun('build-pod'))
      .on(PIPELINE_RUN, pipelineRun([CHILD], stamps));
    expect(await identify()).to.deep.equal({
      pod: 'ns/build-pod',
      podUid: 'uid-build-pod',
      task: 'TaskRun build',
      run: 'PipelineRun ci',
      facts: {
        namespace: 'ns',
        namespaceLabels: { tier: 'one' },
        serviceAccount: 'builder',
        run: 'uid-ci',
        ...stamps,
      },
    });
    const [review] = server.received;
    expect(review?.body).to.deep.include({ spec: { token: token(), audiences: ['tekton-cache'] } });
  });

  it('is a TaskRun or CustomRun that belongs to no PipelineRun', async () => {
    good().on(POD, pod()).on(TASK_RUN, taskRun('build-pod', {}));
    expect(await why()).to.equal('TaskRun build');
    await server.stop();
    server = await FakeApiServer.start();
    good()
      .on(POD, pod({ ...owner('CustomRun', 'fetch'), ...HELPER }))
      .on(CUSTOM_RUN, answer({ ...metadata('fetch'), spec: {}, status: { extraFields: { pod: 'build-pod' } } }));
    expect(await why()).to.equal('CustomRun fetch');
  });

  it('is the housekeeper by its account in the namespace of the installation, which needs no run', async () => {
    const account = (name: string) => reviewed({}, { username: `system:serviceaccount:ns:${name}`, ...BOUND });
    const ask = async (name: string, ownNamespace: string) => {
      await server.stop();
      server = await FakeApiServer.start();
      server
        .on(REVIEWS, account(name))
        .on(NAMESPACE, answer({ metadata: { name: 'ns' } }))
        .on(POD, pod({}));
      const found = await new Identifier({
        client: new KubeClient(server.transport()),
        ownNamespace,
        now: () => NOW,
      }).identify(token());
      return 'reason' in found ? found.reason : found.isHousekeeper;
    };
    expect(await ask('tekton-cache-storage', 'ns')).to.equal(true);
    expect(await ask('tekton-cache-storage', 'another')).to.equal('no-run');
    expect(await ask('builder', 'ns')).to.equal('no-run');
  });

  for (const [which, task, pipeline] of [
    ['TaskRun build', 'True', 'Unknown'],
    ['TaskRun build', 'False', 'Unknown'],
    ['PipelineRun ci', 'Unknown', 'False'],
  ] as const) {
    it(`is no run that has ended, whoever has the name of its pod now: ${which}, Succeeded ${task}, ${pipeline}`, async () => {
      const conditions = (status: string) => ({ conditions: [{ type: 'Succeeded', status }] });
      const taskStatus = { podName: 'build-pod', ...conditions(task) };
      good()
        .on(POD, pod())
        .on(TASK_RUN, answer({ ...metadata('build', owner('PipelineRun', 'ci')), spec: {}, status: taskStatus }))
        .on(
          PIPELINE_RUN,
          answer({ ...metadata('ci'), spec: {}, status: { childReferences: [CHILD], ...conditions(pipeline) } }),
        );
      expect(await why()).to.equal(`401 no-run: ${which} has ended`);
    });
  }

  it('is the outermost of PipelineRuns within each other', async () => {
    const inner = pipelineRun([CHILD], owner('PipelineRun', 'outer'));
    const outer = answer({ ...metadata('outer'), status: { childReferences: [{ kind: 'PipelineRun', name: 'ci' }] } });
    good().on(POD, pod()).on(TASK_RUN, taskRun('build-pod')).on(PIPELINE_RUN, inner).on(OUTER_RUN, outer);
    expect(await why()).to.equal('PipelineRun outer');
  });

  it('is nobody, without asking anybody, for passwords that cannot be a token for us', async () => {
    for (const [password, reason] of [
      ['hunter2', 'is no service account token'],
      ['a.b.c', 'is no service account token'],
      [token({ aud: ['https://kubernetes.default.svc'] }), 'audience is not tekton-cache'],
      [token({ aud: undefined }), 'audience is not tekton-cache'],
      [token({ exp: NOW / 1000 }), 'has expired'],
      [token({ exp: 'never' }), 'has no end'],
      [token({ filler: 'x'.repeat(9000) }), 'more than 8192 characters'],
    ] as const) {
      expect(await why(password))
        .to.match(/^401 bad-login: /)
        .and.contain(reason);
    }
    expect(server.received).to.deep.equal([]);
  });

  it('is nobody for tokens that the API server does not take for our audience', async () => {
    for (const status of [
      { authenticated: false },
      { audiences: [] },
      { audiences: undefined },
      { audiences: ['other'] },
    ]) {
      server.on(REVIEWS, reviewed(status));
    }
    for (let count = 0; count < 4; count++)
      expect(await why(token({ count }))).to.match(/^401 bad-login: the API server/);
  });

  it('is nobody for tokens of people, and for those that are bound to no pod', async () => {
    server.on(REVIEWS, reviewed({}, { username: 'kubernetes-admin' }), reviewed({}, { extra: {} }));
    expect(await why(token({ count: 1 }))).to.contain('401 bad-login: the token is of no service account');
    expect(await why(token({ count: 2 }))).to.contain('401 no-pod: the token is bound to no pod');
  });

  it('is nobody for pods that are gone, made anew, or at their end', async () => {
    good().on(
      POD,
      refuse(404, 'NotFound'),
      pod({ ...owner('TaskRun', 'build'), uid: 'another' }),
      pod(undefined, 'Succeeded'),
      pod(undefined, 'Failed'),
    );
    const found = [];
    for (let count = 0; count < 4; count++) found.push(await why(token({ count })));
    expect(found.map((text) => text.replace(/^(\S+ \S+) .* (\w+ \w+)$/, '$1 $2'))).to.deep.equal([
      '401 no-pod: is gone',
      '401 no-pod: is gone',
      '401 no-pod: has ended',
      '401 no-pod: has ended',
    ]);
  });

  it('is nobody where an owner was forged: it does not name its child', async () => {
    const forged = async (prepare: () => void) => {
      await server.stop();
      server = await FakeApiServer.start();
      good();
      prepare();
      return await why();
    };
    const noRun = /^401 no-run: /;
    const labels = { labels: { 'tekton.dev/taskRun': 'build', 'tekton.dev/pipelineRun': 'ci' } };
    expect(await forged(() => server.on(POD, pod(labels))), 'labels alone').to.match(noRun);
    const notActing = owner('TaskRun', 'build', 'uid-build', { controller: false });
    expect(
      await forged(() => server.on(POD, pod(notActing)).on(TASK_RUN, taskRun('build-pod', {}))),
      'an owner that does not act',
    ).to.match(noRun);
    const other = owner('TaskRun', 'build', 'uid-build', { apiVersion: 'evil.dev/v1' });
    expect(
      await forged(() => server.on(POD, pod(other)).on(TASK_RUN, taskRun('build-pod', {}))),
      'another group',
    ).to.match(noRun);
    expect(
      await forged(() => server.on(POD, pod(owner('ReplicaSet', 'build'))).on(TASK_RUN, taskRun('build-pod', {}))),
      'another kind',
    ).to.match(noRun);
    const another = () => server.on(POD, pod()).on(TASK_RUN, taskRun('real-pod', {}));
    expect(await forged(another), 'the pod of another').to.match(noRun);
    const made = (podName: string) => server.on(POD, pod()).on(TASK_RUN, taskRun(podName));
    expect(await forged(() => server.on(POD, pod(owner('TaskRun', 'build', 'other')))), 'gone').to.match(noRun);
    const wrongUid = () =>
      server.on(POD, pod(owner('TaskRun', 'build', 'other'))).on(TASK_RUN, taskRun('build-pod', {}));
    expect(await forged(wrongUid), 'of the same name').to.match(noRun);
    const sibling = () => made('build-pod').on(PIPELINE_RUN, pipelineRun([{ ...CHILD, name: 'test' }]));
    expect(await forged(sibling), 'a TaskRun of its own').to.match(noRun);
    const kind = () => made('build-pod').on(PIPELINE_RUN, pipelineRun([{ ...CHILD, kind: 'CustomRun' }]));
    expect(await forged(kind), 'a child of another kind').to.match(noRun);
    const helper = () =>
      server
        .on(POD, pod({ ...owner('CustomRun', 'fetch'), ...HELPER }))
        .on(CUSTOM_RUN, answer({ ...metadata('fetch'), status: { extraFields: { pod: 'helper' } } }));
    expect(await forged(helper), 'a pod beside the helper pod').to.match(noRun);
    const squatter = () =>
      server
        .on(POD, pod(owner('CustomRun', 'fetch')))
        .on(CUSTOM_RUN, answer({ ...metadata('fetch'), status: { extraFields: { pod: 'build-pod' } } }));
    expect(await forged(squatter), 'a pod in the place of the helper pod').to.match(noRun);
  });

  it('is not known yet while the status of a young run may still come, and may ask again', async () => {
    const young = { ...owner('TaskRun', 'build'), creationTimestamp: YOUNG };
    const unnamed = taskRun(undefined);
    good().on(POD, pod(young)).on(TASK_RUN, unnamed, unnamed, taskRun('build-pod', {}));
    const asked = identifier();
    const first = await asked.identify(token()).catch((error: unknown) => error);
    expect(first).to.be.instanceOf(NotYet);
    expect(await asked.identify(token())).to.include({ run: 'TaskRun build' });
  });

  describe('where the API server remembers an older state', () => {
    /** What it answers from its memory, and from its storage. */
    const either =
      (remembered: Answer, stored: Answer): Answer =>
      (request, response) =>
        (request.query.get('resourceVersion') === '0' ? remembered : stored)(request, response);
    const ended = answer({
      ...metadata('build'),
      status: { podName: 'build-pod', conditions: [{ type: 'Succeeded', status: 'False' }] },
    });
    const gone = refuse(404, 'NotFound');

    for (const [what, remembered] of [
      ['no run', gone],
      ['a run of the same name', taskRun('build-pod', { uid: 'another' })],
      ['a run that does not name its pod yet', taskRun(undefined, {})],
      ['a run that has ended', ended],
    ] as const) {
      it(`nobody is refused by that: ${what}`, async () => {
        good()
          .on(POD, pod())
          .on(TASK_RUN, either(remembered, taskRun('build-pod', {})));
        expect(await why()).to.equal('TaskRun build');
      });
    }

    it('nobody gets anything for a pod that is gone, or at its end', async () => {
      good()
        .on(TASK_RUN, taskRun('build-pod', {}))
        .on(POD, either(pod(), gone), either(pod(), pod(undefined, 'Failed')));
      expect(await why(token({ count: 1 }))).to.match(/^401 no-pod: .* is gone$/);
      expect(await why(token({ count: 2 }))).to.match(/^401 no-pod: .* has ended$/);
    });
  });

  it('is found without asking the storage of the API server for runs', async () => {
    good()
      .on(POD, pod())
      .on(TASK_RUN, taskRun('build-pod'))
      .on(PIPELINE_RUN, pipelineRun([CHILD]));
    await identify();
    const versions = server.received.map(({ path, query }) => [path.split('/').at(-2), query.get('resourceVersion')]);
    expect(versions).to.deep.include.members([
      ['pods', null],
      ['taskruns', '0'],
      ['pipelineruns', '0'],
    ]);
  });

  it('is asked once for all steps of a pod, and never answered from what failed', async () => {
    server.on(REVIEWS, refuse(500, 'InternalError'), reviewed()).on(NAMESPACE, answer({ metadata: { name: 'ns' } }));
    server.on(POD, pod()).on(TASK_RUN, taskRun('build-pod', {}));
    const asked = identifier();
    expect(await asked.identify(token()).catch((error: Error) => error.name)).to.equal('ApiError');
    await Promise.all([1, 2, 3].map(async () => await asked.identify(token())));
    expect(server.count(REVIEWS)).to.equal(2);
    await asked.identify(token({ jti: 'another' }));
    expect(server.count(REVIEWS)).to.equal(3);
  });

  it('is asked again when the answer is old', async () => {
    good().on(POD, pod(), refuse(404, 'NotFound')).on(TASK_RUN, taskRun('build-pod', {}));
    let now = NOW;
    const asked = new Identifier({ client: new KubeClient(server.transport()), cacheMs: 10_000, now: () => now });
    expect(await asked.identify(token())).to.include({ run: 'TaskRun build' });
    now += 9_999;
    expect(await asked.identify(token())).to.include({ run: 'TaskRun build' });
    now += 1;
    expect(await asked.identify(token())).to.include({ reason: 'no-pod' });
  });
});
