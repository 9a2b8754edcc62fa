import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { MANAGED_BY } from '../../../../controller/helper-label.ts';
import { until } from '../../../support/deadline.ts';
import { answer, FakeApiServer, listOf, stream } from '../../../support/fake-kubernetes/api-server.ts';
import { rightOf, rightsIn } from '../../../support/fake-kubernetes/rights.ts';
import { startRole } from '../../../support/fake-kubernetes/role-process.ts';
import type { RoleProcess } from '../../../support/fake-kubernetes/role-process.ts';

const RBAC = 'manifests/overlays/token-service/200-rbac.yaml';
const NAMESPACE = '/api/v1/namespaces/tekton-cache';
const SECRET = `${NAMESPACE}/secrets/tekton-cache-token-keys`;
const PUBLISHED = `${NAMESPACE}/configmaps/tekton-cache-provenance-keys`;
const CONFIG_MAPS = `${NAMESPACE}/configmaps`;
const RUNS = '/apis/tekton.dev/v1/namespaces/ns';
const OWNER = { apiVersion: 'tekton.dev/v1', controller: true };

const podToken = (pod: string): string => {
  const claims = { aud: ['tekton-cache'], exp: Date.now() / 1000 + 600, pod };
  return ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
};

describe('the rights of the token service', () => {
  let server: FakeApiServer;
  let directory: string;
  let role: RoleProcess;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'token-service-'));
    server = await FakeApiServer.start();
    const extra = (pod: string) => ({
      'authentication.kubernetes.io/pod-name': [pod],
      'authentication.kubernetes.io/pod-uid': [pod],
    });
    const review = (pod: string) => {
      const user = { username: 'system:serviceaccount:ns:default', extra: extra(pod) };
      return answer({ status: { authenticated: true, audiences: ['tekton-cache'], user } });
    };
    const object = (name: string, owner?: object, more: object = {}) => {
      const ownerReferences = owner === undefined ? [] : [{ ...OWNER, ...owner }];
      return answer({ metadata: { name, namespace: 'ns', uid: name, labels: MANAGED_BY, ownerReferences }, ...more });
    };
    server
      .on(`GET ${SECRET}`, answer({ metadata: { name: 'keys', resourceVersion: '1' } }))
      .on(`PATCH ${SECRET}`, answer({ metadata: { name: 'keys' } }))
      .on(`GET ${PUBLISHED}`, answer({ metadata: { name: 'keys' } }))
      .on(`PATCH ${PUBLISHED}`, answer({ metadata: { name: 'keys' } }))
      .on(`GET ${CONFIG_MAPS}`, listOf('1'))
      .on(`WATCH ${CONFIG_MAPS}`, stream())
      .on('POST /apis/authentication.k8s.io/v1/tokenreviews', review('build-pod'), review('fetch-pod'))
      .on('GET /api/v1/namespaces/ns', answer({ metadata: { name: 'ns' } }))
      .on(
        'GET /api/v1/namespaces/ns/pods/build-pod',
        object('build-pod', { kind: 'TaskRun', name: 'build', uid: 'build' }),
      )
      .on(
        'GET /api/v1/namespaces/ns/pods/fetch-pod',
        object('fetch-pod', { kind: 'CustomRun', name: 'fetch', uid: 'fetch' }),
      )
      .on(
        `GET ${RUNS}/taskruns/build`,
        object('build', { kind: 'PipelineRun', name: 'ci', uid: 'ci' }, { status: { podName: 'build-pod' } }),
      )
      .on(
        `GET ${RUNS}/pipelineruns/ci`,
        object('ci', undefined, { status: { childReferences: [{ kind: 'TaskRun', name: 'build' }] } }),
      )
      .on(
        'GET /apis/tekton.dev/v1beta1/namespaces/ns/customruns/fetch',
        object('fetch', undefined, { status: { extraFields: { pod: 'fetch-pod' } } }),
      );
    role = await startRole('token-service/main.ts', { server: server.url, directory });
  });
  after(async () => {
    await role.stop('SIGKILL');
    await server.stop();
    await rm(directory, { recursive: true });
  });
  const portOf = async (message: string) =>
    await until(message, 15_000, () =>
      Promise.resolve(new RegExp(`"message":"${message}","port":(\\d+)`).exec(role.log())?.[1]),
    );

  it('are those that it uses: each rule is needed, and nothing is missing', async () => {
    const [port, healthPort] = [await portOf('listening'), await portOf('listening for health')];
    await until('it to be ready', 15_000, async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok);
    for (const pod of ['build-pod', 'fetch-pod']) {
      const authorization = `Basic ${btoa(`tekton-cache:${podToken(pod)}`)}`;
      const query = 'service=tekton-cache-registry&scope=repository:ns/x:pull,push';
      const response = await fetch(`http://127.0.0.1:${port}/token?${query}`, { headers: { authorization } });
      expect(await response.json(), role.log()).to.include({ scope: 'repository:ns/x:pull,push' });
    }
    await until('the ConfigMap to be watched', 15_000, () => Promise.resolve(server.count(`WATCH ${CONFIG_MAPS}`) > 0));
    const used = new Set(server.received.map(rightOf));
    const given = await rightsIn(RBAC);
    expect([...used].toSorted()).to.deep.equal(given.toSorted());
  });

  it('let it end in order when it is told to', async () => {
    expect(await role.stop('SIGTERM'), role.log()).to.equal(0);
  });
});
