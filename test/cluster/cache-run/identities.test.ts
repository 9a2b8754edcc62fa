import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { cacheTask, conditionOf, resultsOf, shellTask, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import type { Ground } from './ground.ts';
import { useProduct } from './ground.ts';

const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

interface Row {
  /** Of the PipelineRun that builds and uploads, and of the one that fetches and uses. */
  readonly made: object;
  readonly used: object;
  /** Steps of the second run write where the fetch has written. */
  readonly owner: string;
  /** Volumes of mode 777, where nothing else lets a stranger write. */
  readonly open?: boolean;
}

/** One run fills and uploads a cache, another one fetches it into an empty volume and works on it, each as its podTemplate says. */
async function buildThenUse({ runs, space, product }: Ground, name: string, row: Row): Promise<void> {
  const target = `${product.registry}/${space.name}/${name}:fixed`;
  const params = { target, insecure: 'true' };
  const run = async (id: string, securityContext: object, tasks: readonly object[]) => {
    const { volume } = await space.createClaim(id);
    const directory = join(product.cluster.local.volumes, volume);
    if (row.open) await chmod(directory, 0o777);
    await runs.createPipelineRun(id, {
      tasks,
      workspaces: { w: { persistentVolumeClaim: { claimName: id } } },
      spec: { taskRunTemplate: { podTemplate: { securityContext } } },
    });
    const done = await runs.pipelineRun(id);
    if (verdictOf(done) !== 'True Succeeded') expect.fail(`${id}: ${conditionOf(done).message}\n${await cachesOf(id)}`);
    return directory;
  };
  const cachesOf = async (id: string): Promise<string> => {
    const caches = await runs.customRun(id.endsWith('-made') ? `${id}-upload` : `${id}-fetch`);
    return `${conditionOf(caches).message} ${JSON.stringify(resultsOf(caches))}`;
  };
  await run(`${name}-made`, row.made, [
    shellTask('fill', 'cd $(workspaces.w.path); mkdir -m 700 private; echo x > private/file; chmod 600 private/file', {
      workspaces: ['w'],
    }),
    cacheTask('upload', 'CacheUpload', { params, workspaces: { w: 'w' }, runAfter: ['fill'] }),
  ]);
  expect(resultsOf(await runs.customRun(`${name}-made-upload`))).to.include({ uploaded: 'true', reason: 'pushed' });
  const directory = await run(`${name}-used`, row.used, [
    cacheTask('fetch', 'CacheFetch', { params, workspaces: { w: 'w' } }),
    shellTask('use', 'cd $(workspaces.w.path); cat private/file; echo y >> private/file; echo z > private/new', {
      workspaces: ['w'],
      runAfter: ['fetch'],
    }),
  ]);
  expect(resultsOf(await runs.customRun(`${name}-used-fetch`))).to.include({ hit: 'true' });
  expect(await readdir(join(directory, 'private'))).to.have.members(['file', 'new']);
  const { uid, mode } = await lstat(join(directory, 'private', 'file'));
  // The kubelet may give the fsGroup its rights on every mount, so only those of the owner are the fetch's alone.
  expect(`${uid} ${(mode & 0o700).toString(8)}`).to.equal(row.owner);
}

describe('caches belong to those who use them', () => {
  const ground = useProduct();
  const both = (context: object, owner: string): Row => ({ made: context, used: context, owner });

  together({
    'steps as root, without a podTemplate': async () => await buildThenUse(ground, 'root', both({}, '0 600')),
    'steps as 1001 with fsGroup': async () =>
      await buildThenUse(ground, 'group', both({ runAsUser: 1001, fsGroup: 1001 }, '1001 600')),
    'cached by root, used by 1001': async () =>
      await buildThenUse(ground, 'other', { made: {}, used: { runAsUser: 1001, fsGroup: 1001 }, owner: '1001 600' }),
    'steps as 1001 without fsGroup, on a volume that is open to all': async () =>
      await buildThenUse(ground, 'open', { ...both({ runAsUser: 1001 }, '1001 600'), open: true }),
    'run-as is stronger than the podTemplate': async () => {
      const { runs, space, product } = ground;
      await space.createClaim('run-as');
      await runs.createPipelineRun('run-as', {
        tasks: [
          cacheTask('fetch', 'CacheFetch', {
            params: { target: `${product.registry}/${space.name}/none:x`, insecure: 'true', 'run-as': '1234:5:6' },
            workspaces: { w: 'w' },
          }),
        ],
        workspaces: { w: { persistentVolumeClaim: { claimName: 'run-as' } } },
        spec: { taskRunTemplate: { podTemplate: { securityContext: { runAsUser: 1001, fsGroup: 1001 } } } },
      });
      await runs.customRun('run-as-fetch');
      const [pod] = await runs.pods('run-as-fetch');
      expect(pod?.spec)
        .to.have.property('securityContext')
        .that.includes({ runAsUser: 1234, runAsGroup: 5, fsGroup: 6 });
    },
  });
});

describe('caches in a namespace with PodSecurity restricted', () => {
  const ground = useProduct({ labels: RESTRICTED });

  it('are written by 65532, without any privilege or token', async () => {
    const { runs, space, product } = ground;
    const { volume } = await space.createClaim('cache');
    const workspaces = [{ name: 'w', persistentVolumeClaim: { claimName: 'cache' } }];
    const params = { target: `${product.registry}/${space.name}/restricted:x`, insecure: 'true' };
    await runs.createCustomRun('upload', 'CacheUpload', { params, workspaces });
    expect(verdictOf(await runs.customRun('upload'))).to.equal('True Succeeded');
    const [pod] = await runs.pods('upload');
    expect(pod?.spec.automountServiceAccountToken).to.equal(false);
    expect(pod?.spec).to.have.property('securityContext').that.includes({ runAsUser: 65532, runAsNonRoot: true });
    expect(pod?.spec.containers[0])
      .to.have.property('securityContext')
      .that.deep.includes({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    expect((await lstat(join(product.cluster.local.volumes, volume))).isDirectory()).to.equal(true);
  });
});
