import { expect } from 'chai';
import { hasOldestTekton } from '../../support/cluster/state.ts';

import { cacheStep, endOf, shellStep, stepResults } from '../../support/product/task-runs.ts';
import type { Scenario } from '../../support/product/together.ts';
import type { StepGround } from './ground.ts';

const HASH = /^[0-9a-f]{64}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const results = ({ run, target, ground }: StepGround): Readonly<Record<string, Scenario>> => {
  /** Makes a lockfile, fetches by it, builds what is missing, and uploads. */
  const build = async (name: string) => {
    const params = { target: target('build', '{{hash}}'), caches: 'deps=$(workspaces.deps.path)', insecure: 'true' };
    const source = '$(workspaces.source.path)';
    const steps = [
      shellStep('lock', `echo v1 > ${source}/lock`),
      cacheStep('get', 'cache-fetch', { ...params, files: 'lock', source }),
      {
        ...shellStep(
          'build',
          'echo -n "$HIT" > $(results.hit.path); cd $(workspaces.deps.path); [ -f dep ] || echo kept > dep',
        ),
        // Tekton replaces results of steps in environment, command and arguments only.
        env: [{ name: 'HIT', value: '$(steps.get.results.hit)' }],
      },
      cacheStep('put', 'cache-upload', { ...params, hash: '$(steps.get.results.hash)' }),
    ];
    const declared = [{ name: 'hit' }, { name: 'hash', value: '$(steps.get.results.hash)' }];
    return await run(name, steps, { task: { results: declared } });
  };

  return {
    'miss and upload, then hit and leave what is there; all results exist, for the steps after and for the Task':
      async () => {
        const cold = await build('cold');
        expect(endOf(cold)).to.equal('True Succeeded');
        const missed = stepResults(cold, 'get');
        const hash = missed['hash'] ?? '';
        expect(hash).to.match(HASH);
        expect(missed).to.deep.equal({
          hit: 'false',
          fetched: 'false',
          match: 'miss',
          hash,
          target: target('build', hash),
          digest: '',
          size: '0',
          reason: 'not-found',
        });
        const { digest = '', bytes, ...uploaded } = stepResults(cold, 'put');
        expect(digest).to.match(DIGEST);
        expect(Number(bytes)).to.be.greaterThan(0);
        const same = { hash, target: target('build', hash), size: '5' };
        expect(uploaded).to.deep.equal({ ...same, uploaded: 'true', reason: 'pushed' });
        const values = cold.status?.results?.map((one) => `${one.name}=${one.value}`);
        expect(values).to.have.members(['hit=false', `hash=${hash}`]);

        const warm = await build('warm');
        expect(endOf(warm)).to.equal('True Succeeded');
        expect(stepResults(warm, 'get')).to.deep.equal({
          ...same,
          hit: 'true',
          fetched: 'true',
          match: 'exact',
          digest,
          reason: 'exact',
        });
        expect(stepResults(warm, 'put')).to.deep.equal({
          ...same,
          uploaded: 'false',
          digest,
          bytes: '0',
          reason: 'unchanged',
        });
      },
    'fail a Task for a wrong param only, which they name before anything is done': async () => {
      const get = cacheStep('get', 'cache-fetch', {
        target: target('wrong', '{{hsah}}'),
        caches: 'deps=/workspace/deps',
      });
      const { onError: _, ...strict } = { onError: '', ...get };
      const failed = await run('wrong', [strict, shellStep('build', 'true')]);
      const end = (await hasOldestTekton()) ? /^False Failed: / : /^False StepFailed: /;
      expect(endOf(failed))
        .to.match(end)
        .and.to.match(/"step-get" exited with code 2/);
      const pod = failed.status?.podName ?? '';
      const log = await ground.product.cluster.api.podLog(ground.space.name, pod, 'step-get');
      expect(log).to.contain('{{hsah}}').and.to.contain('hash');
    },
    'run with variables in the podTemplate that Node would not start with': async () => {
      const params = { target: target('variables'), caches: 'deps=$(workspaces.deps.path)', insecure: 'true' };
      const env = [{ name: 'NODE_OPTIONS', value: '--require /nowhere.js' }];
      const steps = [cacheStep('get', 'cache-fetch', params), shellStep('build', 'echo x > $(workspaces.deps.path)/x')];
      const put = cacheStep('put', 'cache-upload', params);
      const done = await run('variables', [...steps, put], { spec: { podTemplate: { env } } });
      expect(endOf(done)).to.equal('True Succeeded');
      expect([stepResults(done, 'get')['reason'], stepResults(done, 'put')['reason']]).to.deep.equal([
        'not-found',
        'pushed',
      ]);
    },
    'pass over an optional workspace that is not bound': async () => {
      const params = { target: target('unbound'), caches: 'deps=$(workspaces.deps.path)', insecure: 'true' };
      const steps = [
        cacheStep('get', 'cache-fetch', params),
        shellStep('build', 'true'),
        cacheStep('put', 'cache-upload', params),
      ];
      const task = { workspaces: [{ name: 'deps', optional: true }] };
      const done = await run('unbound', steps, { task, spec: { workspaces: [] } });
      expect(endOf(done)).to.equal('True Succeeded');
      expect(stepResults(done, 'get')).to.include({ hit: 'false', match: 'miss', reason: 'disabled' });
      expect(stepResults(done, 'put')).to.include({ uploaded: 'false', reason: 'disabled' });
      expect(done.status?.steps?.map(({ terminated }) => terminated?.exitCode)).to.deep.equal([0, 0, 0]);
    },
  };
};
