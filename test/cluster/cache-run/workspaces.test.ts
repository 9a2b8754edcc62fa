import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { conditionOf, resultsOf, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

describe('workspaces of a run', () => {
  const ground = useProduct();
  /** A claim, and its directory as this machine sees it. */
  const claim = async (name: string, storageClass?: string) => {
    const { volume } = await ground.space.createClaim(name, storageClass === undefined ? {} : { storageClass });
    return join(ground.product.cluster.local.volumes, volume);
  };
  const bind = (name: string, claimName: string, more: object = {}) => ({
    name,
    persistentVolumeClaim: { claimName },
    ...more,
  });
  const run = async (name: string, kind: string, spec: { params: object; workspaces: readonly object[] }) => {
    const { runs, product, space } = ground;
    const target = `${product.registry}/${space.name}/{{workspace}}:{{hash}}`;
    await runs.createCustomRun(name, kind, { ...spec, params: { target, insecure: 'true', ...spec.params } });
    const done = await runs.customRun(name);
    return { verdict: verdictOf(done), message: conditionOf(done).message, results: resultsOf(done) };
  };

  together({
    'two claims: the lockfile in one, two caches in the other': async () => {
      const [code, cache] = [await claim('code'), await claim('caches')];
      await writeFile(join(code, 'lock'), 'v1');
      for (const name of ['go', 'npm']) {
        await mkdir(join(cache, name));
        await writeFile(join(cache, name, 'file'), name);
      }
      const workspaces = [
        bind('source', 'code'),
        bind('go', 'caches', { subPath: 'go' }),
        bind('npm', 'caches', { subPath: 'npm' }),
      ];
      const uploaded = await run('two-upload', 'CacheUpload', { params: { files: 'lock' }, workspaces });
      expect(uploaded.verdict, uploaded.message).to.equal('True Succeeded');
      expect(uploaded.results).to.include({
        uploaded: 'true',
        size: '5',
        'go-uploaded': 'true',
        'npm-uploaded': 'true',
      });

      const empty = await claim('empty');
      const fetched = await run('two-fetch', 'CacheFetch', {
        params: { files: 'lock' },
        workspaces: [
          bind('source', 'code'),
          bind('go', 'empty', { subPath: 'a/go' }),
          bind('npm', 'empty', { subPath: 'a/npm' }),
        ],
      });
      expect(fetched.results).to.include({ hit: 'true', 'go-hit': 'true', 'npm-hit': 'true' });
      expect(await readdir(join(empty, 'a', 'go'))).to.include('file');
      expect(await readdir(join(empty, 'a', 'npm'))).to.include('file');
    },
    'the files to hash from a configMap': async () => {
      const { product, space } = ground;
      await claim('config');
      const metadata = { name: 'lock', namespace: space.name };
      await product.cluster.api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'go.sum': 'v1' } });
      const { results } = await run('config', 'CacheFetch', {
        params: { files: '*.sum' },
        workspaces: [{ name: 'source', configMap: { name: 'lock' } }, bind('modules', 'config')],
      });
      expect(results).to.include({ reason: 'not-found' });
      expect(results['hash']).to.match(/^[0-9a-f]{64}$/);
    },
    'a read-only cache is uploaded from, and not fetched into': async () => {
      const directory = await claim('frozen');
      await writeFile(join(directory, 'file'), 'x');
      const readOnly = { name: 'w', persistentVolumeClaim: { claimName: 'frozen', readOnly: true } };
      const uploaded = await run('frozen-upload', 'CacheUpload', { params: { hash: 'v1' }, workspaces: [readOnly] });
      expect(uploaded.results, uploaded.message).to.include({ uploaded: 'true' });
      const fetched = await run('frozen-fetch', 'CacheFetch', { params: { hash: 'v1' }, workspaces: [readOnly] });
      expect(fetched.results, fetched.message).to.include({ reason: 'unwritable' });
    },
    'paths in source alone are the cache': async () => {
      const directory = await claim('alone');
      await writeFile(join(directory, 'lock'), 'v1');
      await mkdir(join(directory, 'node_modules'));
      await writeFile(join(directory, 'node_modules', 'file'), 'x');
      const { results, message } = await run('alone', 'CacheUpload', {
        params: { files: 'lock', paths: 'node_modules' },
        workspaces: [bind('source', 'alone')],
      });
      expect(results, message).to.include({ uploaded: 'true', size: '1', 'source-uploaded': 'true' });
    },
  });
});

describe('runs on two nodes', () => {
  const ground = useProduct();
  before(async () => await ground.product.cluster.secondNode.on());
  after(async () => {
    await ground.space?.delete({ wait: true });
    await ground.product?.cluster.secondNode.off();
  });

  together({
    'go where the affinity assistant of their workspace is': async () => {
      const { runs, space } = ground;
      await space.createClaim('there', { storageClass: 'pool-node2' });
      await runs.createPipelineRun('there', {
        tasks: [
          {
            name: 'fetch',
            taskRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' },
            params: [
              { name: 'target', value: `${ground.product.registry}/${space.name}/x:y` },
              { name: 'insecure', value: 'true' },
            ],
            workspaces: [{ name: 'w', workspace: 'w' }],
          },
        ],
        workspaces: { w: { persistentVolumeClaim: { claimName: 'there' } } },
      });
      const done = await runs.pipelineRun('there');
      expect(verdictOf(done), conditionOf(done).message).to.equal('True Succeeded');
      const [pod] = await runs.pods('there-fetch');
      expect(pod?.spec.nodeName).to.equal('node2');
      expect(JSON.stringify(pod?.spec.affinity)).to.contain('affinity-assistant-');
    },
    'cannot bind claims of different nodes, and say so within the deadline': async () => {
      const { runs, space } = ground;
      await space.createClaim('one', { storageClass: 'pool-node1' });
      await space.createClaim('two', { storageClass: 'pool-node2' });
      await runs.createCustomRun('apart', 'CacheFetch', {
        params: { target: `${ground.product.registry}/${space.name}/x:y`, insecure: 'true' },
        workspaces: ['one', 'two'].map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
      });
      const run = await runs.customRun('apart');
      expect(verdictOf(run)).to.equal('True Succeeded');
      expect(resultsOf(run)).to.include({ reason: 'pod-failed' });
      expect(conditionOf(run).message).to.match(/found no node within 15 s: .*node affinity/);
    },
  });
});
