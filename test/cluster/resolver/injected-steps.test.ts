import { expect } from 'chai';
import { setFeatureFlags } from '../../support/cluster/tekton/feature-flags.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startPasswordRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { SHELL } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { cache, EMPTY_DIR, sentence, useResolvers, uses, wrap } from './ground.ts';

const DONE = /Completed: \d+ .Failed: 0/;
const LOGIN = { user: 'pusher', password: 'correct-horse' };

describe('steps that resolvers inject in a namespace with PodSecurity restricted', function () {
  this.timeout(240_000);
  const ground = useResolvers({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  let restore: () => Promise<void>;
  before(async () => {
    restore = await setFeatureFlags(ground.product.cluster.api, { 'set-security-context': 'true' });
  });
  after(async () => await restore?.());

  /** Who it runs as is said for the pod, the rest by each step for itself: it cannot be said for a pod. */
  const restricted = (name: string, script: string, more: object = {}): object => ({
    name,
    workspaces: [{ name: 'w' }],
    taskSpec: {
      workspaces: [{ name: 'w' }],
      steps: [
        {
          name: 'own',
          image: SHELL,
          script: `cd $(workspaces.w.path)\n${script}`,
          securityContext: {
            runAsNonRoot: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    },
    ...more,
  });

  const more = { taskRunTemplate: { podTemplate: { securityContext: { runAsUser: 1234, fsGroup: 1234 } } } };

  it('work as in any other, and so does the task of ours that gathers several ends', async () => {
    await ground.pipeline('restricted', [
      restricted('start', 'echo start > start'),
      restricted('left', 'cat start; echo left > left', { runAfter: ['start'] }),
      restricted('right', 'cat start; echo right > right', { runAfter: ['start'] }),
    ]);
    const target = ground.target('restricted');
    const first = await ground.run(wrap({ pipelineref: 'restricted', target }), EMPTY_DIR, more);
    expect(sentence(first)).to.match(DONE, sentence(first));
    await ground.pipeline('after', [restricted('read', 'cat start left right')]);
    const second = await ground.run(wrap({ pipelineref: 'after', target, base: target }), EMPTY_DIR, more);
    expect(sentence(second)).to.match(DONE, sentence(second));
    expect(await ground.stepResult(second.metadata.name, 'read', 'cache-fetch', 'reason')).to.equal('exact');
  });
});

describe('steps that resolvers inject beside variables of a podTemplate, which beat those of steps,', function () {
  this.timeout(180_000);
  const ground = useResolvers();

  it('run although Node would not start with them', async () => {
    await ground.pipeline('variables', [uses('build', 'echo kept > kept')]);
    const env = [
      { name: 'NODE_OPTIONS', value: '--require /nowhere.js' },
      { name: 'PATH', value: '/nowhere' },
    ];
    const reference = cache({ pipelineref: 'variables', target: ground.target('variables') });
    const run = await ground.run(reference, EMPTY_DIR, { taskRunTemplate: { podTemplate: { env } } });
    expect(sentence(run)).to.match(DONE, sentence(run));
    const reasons = await Promise.all(
      ['cache-fetch', 'cache-upload'].map(
        async (step) => await ground.stepResult(run.metadata.name, 'build', step, 'reason'),
      ),
    );
    expect(reasons).to.deep.equal(['not-found', 'pushed']);
  });
});

describe('steps that resolvers inject before a registry with a password', function () {
  this.timeout(240_000);
  const ground = useResolvers();
  let registry: StandIn;
  let disallow: () => Promise<void>;
  let restore: () => Promise<void>;
  const server = (): string => `10.250.0.1:${registry.port}`;
  const create = async (kind: string, name: string, fields: object): Promise<void> =>
    await ground.create({ apiVersion: 'v1', kind, metadata: { name }, ...fields });

  before(async () => {
    const { product } = ground;
    registry = await startPasswordRegistry(product.cluster.state.registry.host, LOGIN);
    disallow = await allowInsecure(product.cluster, server());
    // Tekton brings nothing into the steps: what they have is what the resolver mounts.
    restore = await setFeatureFlags(product.cluster.api, { 'disable-creds-init': 'true' });
    const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
    await create('Secret', 'docker', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [server()]: { auth } } }) },
    });
    await ground.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'basic', annotations: { 'tekton.dev/docker-0': `http://${server()}` } },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: LOGIN.user, password: LOGIN.password },
    });
    await create('ServiceAccount', 'docker', { secrets: [{ name: 'docker' }] });
    await create('ServiceAccount', 'pull', { imagePullSecrets: [{ name: 'docker' }] });
    await create('ServiceAccount', 'basic', { secrets: [{ name: 'basic' }] });
    await ground.pipeline('build', [uses('build', 'echo kept > dep')]);
  });
  after(async () => {
    await disallow?.();
    await restore?.();
    registry?.stop();
  });

  const reasons = async (account: string): Promise<string> => {
    const target = `${server()}/${ground.space.name}/${account}:fixed`;
    const more = { taskRunTemplate: { serviceAccountName: account } };
    const run = await ground.run(cache({ pipelineref: 'build', target }), EMPTY_DIR, more);
    expect(sentence(run)).to.match(DONE, sentence(run));
    const found = await Promise.all(
      (['cache-fetch', 'cache-upload'] as const).map(
        async (step) => await ground.stepResult(run.metadata.name, 'build', step, 'reason'),
      ),
    );
    expect(await everythingOf(run.metadata.name)).to.not.contain(LOGIN.password);
    return found.join(' ');
  };
  /** What people can read of a run: its TaskRuns, the requests to the resolvers, and the logs of our steps. */
  const everythingOf = async (run: string): Promise<string> => {
    const { api } = ground.product.cluster;
    const { name: namespace } = ground.space;
    const list = async (apiVersion: string, kind: string): Promise<readonly KubeObject[]> =>
      await api.list<KubeObject>({ apiVersion, kind, namespace });
    const pods = (await list('v1', 'Pod')).filter(
      ({ metadata }) => metadata.labels?.['tekton.dev/pipelineRun'] === run,
    );
    const logs = pods.flatMap(({ metadata }) =>
      ['step-cache-fetch', 'step-cache-upload'].map(async (step) => await api.podLog(namespace, metadata.name, step)),
    );
    const objects = [
      await list('tekton.dev/v1', 'TaskRun'),
      await list('resolution.tekton.dev/v1beta1', 'ResolutionRequest'),
    ];
    return [JSON.stringify([objects, pods]), ...(await Promise.all(logs))].join('\n');
  };

  together({
    'take the docker secret of the service account': async () => {
      expect(await reasons('docker')).to.equal('not-found pushed');
    },
    'take the secret that the service account pulls images with': async () => {
      expect(await reasons('pull')).to.equal('not-found pushed');
    },
    'take the basic-auth secret of the service account': async () => {
      expect(await reasons('basic')).to.equal('not-found pushed');
    },
    'go on without a password, and say so': async () => {
      expect(await reasons('default')).to.equal('unauthorized unauthorized');
    },
  });
});
