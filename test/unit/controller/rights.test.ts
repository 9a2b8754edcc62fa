import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { MANAGED_BY } from '../../../controller/helper-label.ts';
import { podNameOf } from '../../../controller/cache-run/pod/helper-pod.ts';
import { until } from '../../support/deadline.ts';
import { answer, FakeApiServer, listOf, refuse, stream } from '../../support/fake-kubernetes/api-server.ts';
import type { Received } from '../../support/fake-kubernetes/api-server.ts';
import { isDiscovery, rightOf, rightsIn } from '../../support/fake-kubernetes/rights.ts';
import { startRole } from '../../support/fake-kubernetes/role-process.ts';
import type { RoleProcess } from '../../support/fake-kubernetes/role-process.ts';
import { patient } from '../../support/patience.ts';

/** What it may do in each namespace, and in that of the installation. */
const RULES = {
  everywhere: ['manifests/base/200-clusterrole.yaml', 'manifests/overlays/basic-auth/200-secrets.yaml'],
  installation: ['manifests/base/200-role.yaml', 'manifests/overlays/registry/200-rbac.yaml'],
};
/** Nothing asks for them by itself: OpenShift wants them of who makes a pod that holds up the deletion of its owner. */
const OF_ITS_PODS = ['update tekton.dev/customruns/finalizers', 'update tekton.dev/runs/finalizers'];

const OWN = '/api/v1/namespaces/tekton-cache';
const TEAM = '/api/v1/namespaces/team';
const TEKTON = '/apis/tekton.dev';
const REQUESTS = '/apis/resolution.tekton.dev/v1beta1';
const CONFIG = {
  registry: 'registry.svc',
  'registry-realm': 'https://tokens.svc/token',
  'registry-certificates': 'own',
};

const metaOf = (name: string, more: object = {}) => ({
  name,
  namespace: 'team',
  uid: name,
  resourceVersion: '1',
  ...more,
});
const ownedBy = (apiVersion: string, kind: string, name: string) => ({
  ownerReferences: [{ apiVersion, kind, name, uid: name, controller: true }],
});
const FETCH = { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' };
const DONE = {
  conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
  startTime: '2026-01-01T00:00:00Z',
};

/** A pod that still works for a run that is over: a controller that died has left it. */
const leftPod = (apiVersion: string, kind: string, name: string) => ({
  metadata: metaOf(podNameOf({ metadata: metaOf(name), spec: {} }, 0), {
    ...ownedBy(apiVersion, kind, name),
    labels: MANAGED_BY,
  }),
  spec: { containers: [] },
  status: { phase: 'Running' },
});

const request = (name: string, owner: object, params: Readonly<Record<string, unknown>>) => ({
  metadata: metaOf(name, {
    ...owner,
    labels: { 'resolution.tekton.dev/type': 'cache' },
    creationTimestamp: new Date().toISOString(),
  }),
  spec: {
    params: Object.entries({ workspaces: 'w', target: 'r/x', ...params }).map(([key, value]) => ({ name: key, value })),
  },
});

describe('the rights of the controller', function () {
  // It is a process of its own, on a machine that may be busy.
  this.timeout(patient(60_000));
  let server: FakeApiServer;
  let directory: string;
  let role: RoleProcess;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rights-'));
    server = await FakeApiServer.start();
    const config = { metadata: metaOf('tekton-cache-config', { namespace: 'tekton-cache' }), data: CONFIG };
    server.on(`GET ${OWN}/configmaps`, listOf('1', config)).on(`WATCH ${OWN}/configmaps`, stream());
    for (const name of ['registry-authority', 'registry-tls', 'token-service-tls', 'storage-tls']) {
      const secret = `${OWN}/secrets/tekton-cache-${name}`;
      const empty = answer({ metadata: metaOf(`tekton-cache-${name}`) });
      server.on(`GET ${secret}`, empty).on(`PATCH ${secret}`, empty);
    }
    const collections: Readonly<Record<string, readonly object[]>> = {
      [`${TEKTON}/v1beta1/customruns`]: [
        {
          metadata: metaOf('fetch', ownedBy('tekton.dev/v1', 'PipelineRun', 'ci')),
          spec: {
            customRef: FETCH,
            params: [{ name: 'target', value: 'registry.svc/team/x:1' }],
            workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'cache' } }],
          },
        },
      ],
      // Without a target and a workspace, which ends it.
      [`${TEKTON}/v1alpha1/runs`]: [{ metadata: metaOf('wrong'), spec: { ref: FETCH } }],
      [`${TEKTON}/v1/taskruns`]: [],
      [`${REQUESTS}/resolutionrequests`]: [
        request('by-name', ownedBy('tekton.dev/v1', 'PipelineRun', 'ci'), { pipelineref: 'p' }),
        request('of-a-task', ownedBy('tekton.dev/v1', 'TaskRun', 'build'), { taskref: 't' }),
        request('of-another-resolver', ownedBy('tekton.dev/v1', 'PipelineRun', 'ci'), {
          pipelineref: '{resolver: git, params: [{name: url, value: x}]}',
        }),
      ],
      '/api/v1/pods': [
        leftPod('tekton.dev/v1beta1', 'CustomRun', 'over'),
        leftPod('tekton.dev/v1alpha1', 'Run', 'over-as-well'),
      ],
    };
    for (const [path, items] of Object.entries(collections)) {
      const slash = path.lastIndexOf('/');
      const [api, plural] = [path.slice(0, slash), path.slice(slash + 1)];
      server.on(`GET ${path}`, listOf('1', ...items)).on(`WATCH ${path}`, stream());
      server.on(`GET ${api}`, answer({ resources: [{ name: plural }] }));
      for (const item of items as readonly ReturnType<typeof request>[]) {
        server.on(`PATCH ${api}/namespaces/team/${plural}/${item.metadata.name}/status`, answer(item));
      }
    }
    const [left, leftToo] = collections['/api/v1/pods'] as readonly ReturnType<typeof leftPod>[];
    for (const pod of [left, leftToo]) {
      server.on(`GET ${TEAM}/pods/${pod?.metadata.name}`, answer(pod ?? {}));
      server.on(`DELETE ${TEAM}/pods/${pod?.metadata.name}`, answer({}));
    }
    const workspaces = [{ name: 'w', emptyDir: {} }];
    const task = { steps: [{ name: 's', image: 'i' }], workspaces: [{ name: 'w' }] };
    const pipeline = { workspaces: [{ name: 'w' }], tasks: [{ name: 'a', taskRef: { name: 't' } }] };
    server
      .on(
        `GET ${TEKTON}/v1beta1/namespaces/team/customruns/over`,
        answer({ metadata: metaOf('over'), spec: {}, status: DONE }),
      )
      .on(
        `GET ${TEKTON}/v1alpha1/namespaces/team/runs/over-as-well`,
        answer({ metadata: metaOf('over-as-well'), spec: {}, status: DONE }),
      )
      .on(`GET ${TEKTON}/v1/namespaces/team/pipelineruns/ci`, answer({ metadata: metaOf('ci'), spec: { workspaces } }))
      .on(
        `GET ${TEKTON}/v1/namespaces/team/taskruns/build`,
        answer({ metadata: metaOf('build'), spec: { workspaces } }),
      )
      .on(`GET ${TEKTON}/v1/namespaces/team/pipelines/p`, answer({ metadata: metaOf('p'), spec: pipeline }))
      .on(`GET ${TEKTON}/v1/namespaces/team/tasks/t`, answer({ metadata: metaOf('t'), spec: task }))
      .on(`GET ${TEAM}`, answer({ metadata: { name: 'team' } }))
      .on(`GET ${TEAM}/serviceaccounts/default`, answer({ metadata: metaOf('default'), secrets: [{ name: 'login' }] }))
      .on(`GET ${TEAM}/secrets/login`, answer({ metadata: metaOf('login') }))
      .on(`POST ${TEAM}/pods`, answer({ metadata: metaOf('pod'), spec: { containers: [] } }))
      .on(`POST ${TEAM}/events`, answer({}))
      // Another controller was first.
      .on(`POST ${REQUESTS}/namespaces/team/resolutionrequests`, refuse(409, 'AlreadyExists'));
    role = await startRole('main.ts', {
      server: server.url,
      directory,
      env: { IMAGE: 'helper', FIRST_READ_SECONDS: '1' },
    });
  });
  after(async () => {
    await role.stop('SIGKILL');
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const isOfInstallation = ({ path }: Received): boolean => path.startsWith(`${OWN}/`);
  const usedBy = (isChosen: (request: Received) => boolean): readonly string[] => {
    const asked = server.received.filter((one) => !isDiscovery(one) && isChosen(one));
    return [...new Set(asked.map(rightOf))].toSorted();
  };
  const given = async (files: readonly string[]): Promise<readonly string[]> => {
    const rights = (await Promise.all(files.map(async (file) => await rightsIn(file)))).flat();
    return [...new Set(rights)].filter((right) => !OF_ITS_PODS.includes(right)).toSorted();
  };

  it('are those that it uses: each rule is needed, and nothing is missing', async () => {
    const [everywhere, installation] = [await given(RULES.everywhere), await given(RULES.installation)];
    const missing = (): readonly string[] => {
      const used = new Set([...usedBy((one) => !isOfInstallation(one)), ...usedBy(isOfInstallation)]);
      return [...everywhere, ...installation].filter((right) => !used.has(right));
    };
    await until('it to use each right', 30_000, () => {
      expect(role.code(), role.log()).to.equal(undefined);
      return Promise.resolve(missing().length === 0);
    }).catch(() => undefined);
    expect(
      usedBy((one) => !isOfInstallation(one)),
      role.log(),
    ).to.deep.equal(everywhere);
    expect(usedBy(isOfInstallation), role.log()).to.deep.equal(installation);
  });

  it('are enough for pods that hold up the deletion of their owners', async () => {
    const pod = server.received.find(({ method, path }) => method === 'POST' && path === `${TEAM}/pods`)?.body;
    expect(pod)
      .to.have.nested.property('metadata.ownerReferences[0]')
      .that.includes({ kind: 'CustomRun', blockOwnerDeletion: true });
    expect(await rightsIn('manifests/base/200-clusterrole.yaml')).to.include.members(OF_ITS_PODS);
  });

  it('let it end in order when it is told to', async () => {
    expect(await role.stop('SIGTERM'), role.log()).to.equal(0);
  });
});
