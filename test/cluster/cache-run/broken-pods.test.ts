import { expect } from 'chai';

import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { cacheTask, conditionOf, isRunning, resultsOf, shellTask, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

describe('a helper pod that breaks', () => {
  const ground = useProduct();
  let silent: StandIn;
  before(async () => {
    silent = await startSilentRegistry();
    await ground.space.createClaim('cache');
  });
  after(() => silent?.stop());

  const CACHE = { name: 'modules', persistentVolumeClaim: { claimName: 'cache' } };
  const target = () => `10.250.0.1:${silent.port}/cache:fixed`;
  const create = async (name: string, spec: object = {}, params: object = {}) =>
    await ground.runs.createCustomRun(name, 'CacheFetch', {
      params: { target: target(), ...params },
      workspaces: [CACHE],
      ...spec,
    });
  const ended = async (name: string) => {
    const run = await ground.runs.customRun(name);
    return { verdict: verdictOf(run), message: conditionOf(run).message, results: resultsOf(run), run };
  };
  /** As a PipelineRun's podTemplate would; a run without one takes the configuration's. */
  const withPipeline = async (name: string, podTemplate: object, more: object = {}) => {
    await ground.runs.createPipelineRun(name, {
      tasks: [
        {
          name: 'fetch',
          taskRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' },
          params: [{ name: 'target', value: target() }],
          workspaces: [{ name: 'modules', workspace: 'w' }],
        },
      ],
      workspaces: { w: { persistentVolumeClaim: { claimName: 'cache' } } },
      spec: {
        taskRunTemplate: { podTemplate },
        taskRunSpecs: [{ pipelineTaskName: 'fetch', ...more }],
      },
    });
    return await ended(`${name}-fetch`);
  };

  together({
    'for want of a node is a result within the deadline, and says why': async () => {
      const { verdict, message, results } = await withPipeline('unschedulable', { nodeSelector: { disk: 'none' } });
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.contain('found no node within 15 s').and.to.contain("didn't match Pod's node affinity");
      expect(results).to.include({ hit: 'false', match: 'miss', reason: 'pod-failed', 'modules-reason': 'pod-failed' });
      await ground.runs.noPods('unschedulable-fetch');
    },
    'says what it waits for meanwhile': async () => {
      await create('no-claim', { workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'absent' } }] });
      const pending = await ground.runs.customRun('no-claim', (run) => conditionOf(run).reason === 'Pending');
      expect(conditionOf(pending).message).to.match(/^Pending: .*persistentvolumeclaim "absent" not found/);
      const { verdict, message } = await ended('no-claim');
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.contain('persistentvolumeclaim "absent" not found');
    },
    'for a memory limit in which nothing runs is a result that names limit and remedy': async () => {
      const computeResources = { requests: { memory: '10Mi' }, limits: { memory: '10Mi' } };
      const { verdict, message, results } = await withPipeline('cramped', {}, { computeResources });
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.contain('10Mi').and.to.contain('64Mi').and.to.contain('computeResources');
      expect(results).to.include({ reason: 'pod-failed' });
    },
    'because the kernel kills it for its memory is a result that names limit and remedy': async () => {
      await ground.space.createClaim('large');
      const params = { target: `${ground.product.registry}/${ground.space.name}/large:1`, insecure: 'true' };
      await ground.runs.createPipelineRun('memory', {
        tasks: [
          shellTask('fill', 'head -c 200000000 /dev/urandom > $(workspaces.w.path)/large', { workspaces: ['w'] }),
          // Its limit is the ordinary one: it brings the program into the page cache, at nobody else's cost.
          cacheTask('first', 'CacheFetch', { params, workspaces: { modules: 'w' }, runAfter: ['fill'] }),
          cacheTask('upload', 'CacheUpload', { params, workspaces: { modules: 'w' }, runAfter: ['first'] }),
        ],
        workspaces: { w: { persistentVolumeClaim: { claimName: 'large' } } },
        spec: {
          taskRunSpecs: [
            {
              pipelineTaskName: 'upload',
              computeResources: { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } },
            },
          ],
        },
      });
      const { verdict, message, results } = await ended('memory-upload');
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.contain('was killed').and.to.contain('64Mi').and.to.contain('computeResources');
      expect(results).to.include({ uploaded: 'false', reason: 'pod-failed' });
    },
    'for its service account is a result': async () => {
      await create('no-account', { serviceAccountName: 'nobody' });
      const { verdict, message } = await ended('no-account');
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.equal(`There is no service account nobody in namespace ${ground.space.name}.`);
    },
    'and is a failure, with another attempt, for those who want it': async () => {
      await create('strict', { serviceAccountName: 'nobody', retries: 1 }, { 'on-error': 'fail' });
      const { verdict, run } = await ended('strict');
      expect(verdict).to.equal('False PodFailed');
      expect(run.status?.retriesStatus).to.have.length(1);
      expect(resultsOf({ status: run.status?.retriesStatus?.[0] ?? {} })).to.include({ reason: 'pod-failed' });
    },
    'because somebody deletes it is a result, and is not made again': async () => {
      await create('deleted');
      await ground.runs.customRun('deleted', isRunning);
      const [pod] = await ground.runs.pods('deleted');
      await ground.runs.deletePod(pod?.metadata.name ?? '', 0);
      const { verdict, message } = await ended('deleted');
      expect(verdict).to.equal('True Succeeded');
      expect(message).to.contain('deleted');
      expect(await ground.runs.pods('deleted')).to.deep.equal([]);
    },
  });
});

describe('a helper image that cannot be pulled', () => {
  const ground = useProduct();
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-cache', name: 'tekton-cache-config' };
  const setImage = async (image: string | null) =>
    await ground.product.cluster.api.patch(configMap, { data: { image } });
  after(async () => await setImage(null));

  it('is a result within the deadline, with the reason of the pull', async () => {
    await ground.space.createClaim('cache');
    await setImage('127.0.0.1:5000/nothing/here:1');
    await ground.runs.createCustomRun('pull', 'CacheFetch', {
      params: { target: '10.250.0.1:5000/cache:fixed' },
      workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
    });
    const run = await ground.runs.customRun('pull');
    expect(verdictOf(run)).to.equal('True Succeeded');
    expect(conditionOf(run).message).to.match(
      /did not start within 30 s: (ErrImagePull|ImagePullBackOff): .*nothing\/here/,
    );
    expect(resultsOf(run)).to.include({ reason: 'pod-failed' });
  });
});
