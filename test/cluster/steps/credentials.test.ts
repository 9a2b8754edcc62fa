import { expect } from 'chai';

import { setFeatureFlags } from '../../support/cluster/tekton/feature-flags.ts';
import { startPasswordRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { cacheStep, endOf, shellStep, stepResults } from '../../support/product/task-runs.ts';
import type { TaskRun } from '../../support/product/task-runs.ts';
import { together } from '../../support/product/together.ts';
import { useStepActions } from './ground.ts';

const LOGIN = { user: 'pusher', password: 'correct-horse' };

/** Steps before a registry with a password, which a secret has in each of its forms. */
function useLockedRegistry() {
  const { ground, run } = useStepActions();
  let registry: StandIn;
  const server = () => `10.250.0.1:${registry.port}`;

  const create = async (kind: string, name: string, fields: object): Promise<void> => {
    const { product, space } = ground;
    const object = { apiVersion: 'v1', kind, metadata: { name, namespace: space.name }, ...fields };
    await product.cluster.api.create(object);
  };
  before(async () => {
    registry = await startPasswordRegistry(ground.product.cluster.state.registry.host, LOGIN);
    const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64');
    const config = JSON.stringify({ auths: { [server()]: { auth } } });
    await create('Secret', 'docker', {
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': config },
    });
    // As a workspace has it: a file of the name that docker gives it.
    await create('Secret', 'config', { stringData: { 'config.json': config } });
    const { product, space } = ground;
    await product.cluster.api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'basic',
        namespace: space.name,
        annotations: { 'tekton.dev/docker-0': `http://${server()}` },
      },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: LOGIN.user, password: LOGIN.password },
    });
    for (const name of ['docker', 'basic']) await create('ServiceAccount', name, { secrets: [{ name }] });
  });
  after(() => registry?.stop());

  /** The reasons of both steps; nothing of the run may hold the password. */
  const build = async (name: string, spec: object, params: Readonly<Record<string, string>> = {}): Promise<string> => {
    const common = {
      target: `${server()}/${ground.space.name}/${name}:fixed`,
      caches: 'deps=$(workspaces.deps.path)',
      insecure: 'true',
      ...params,
    };
    const steps = [
      cacheStep('get', 'cache-fetch', common),
      shellStep('build', 'echo kept > $(workspaces.deps.path)/dep'),
      cacheStep('put', 'cache-upload', common),
    ];
    const done = await run(name, steps, { spec });
    expect(endOf(done)).to.equal('True Succeeded');
    await expectNoSecret(done);
    return [stepResults(done, 'get')['reason'], stepResults(done, 'put')['reason']].join(' ');
  };
  const expectNoSecret = async (taskRun: TaskRun): Promise<void> => {
    const api = ground.product.cluster.api;
    const pod = taskRun.status?.podName ?? '';
    const logs = ['step-get', 'step-put'].map(async (step) => await api.podLog(ground.space.name, pod, step));
    for (const text of [...(await Promise.all(logs)), JSON.stringify(taskRun)]) {
      expect(text).to.not.contain(LOGIN.password);
    }
  };
  return { ground, build };
}

const IN = 'not-found pushed';
const OUT = 'unauthorized unauthorized';

describe('the StepActions before a registry with a password', () => {
  const { build } = useLockedRegistry();

  together({
    'take the docker secret of the service account': async () => {
      expect(await build('docker', { serviceAccountName: 'docker' })).to.equal(IN);
    },
    'take the basic-auth secret of the service account': async () => {
      expect(await build('basic', { serviceAccountName: 'basic' })).to.equal(IN);
    },
    'take it as any user': async () => {
      const podTemplate = { securityContext: { runAsUser: 1234, fsGroup: 1234 } };
      expect(await build('user', { serviceAccountName: 'docker', podTemplate })).to.equal(IN);
    },
    'go on without a password, and say so': async () => {
      expect(await build('none', {})).to.equal(OUT);
    },
  });
});

describe('the StepActions where Tekton makes no credentials', () => {
  const { ground, build } = useLockedRegistry();
  let restore: () => Promise<void>;
  before(async () => {
    restore = await setFeatureFlags(ground.product.cluster.api, { 'disable-creds-init': 'true' });
  });
  after(async () => await restore?.());

  together({
    'take a directory with a config.json': async () => {
      // A secret in a workspace, which our steps see where the Task says.
      const workspaces = [
        { name: 'source', secret: { secretName: 'config' } },
        { name: 'deps', emptyDir: {} },
      ];
      expect(await build('directory', { workspaces }, { 'docker-config': '$(workspaces.source.path)' })).to.equal(IN);
    },
    'go on without a password, and say so': async () => {
      expect(await build('nothing', { serviceAccountName: 'docker' })).to.equal(OUT);
    },
  });
});
