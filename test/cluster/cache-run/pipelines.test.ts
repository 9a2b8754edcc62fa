import { expect } from 'chai';

import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import {
  cacheTask,
  conditionOf,
  GROUP_VERSION,
  isRunning,
  resultsOf,
  shellTask,
  verdictOf,
} from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

const claimTemplate = {
  volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
};

describe('caches in PipelineRuns', () => {
  const ground = useProduct();
  let silent: StandIn;
  before(async () => {
    silent = await startSilentRegistry();
  });
  after(() => silent?.stop());

  /** A target that nobody else has. */
  const target = (name: string) => `${ground.product.registry}/${ground.space.name}/${name}:{{hash}}`;
  const params = (name: string) => ({ target: target(name), files: 'lock', insecure: 'true' });
  const silentTarget = () => ({ target: `10.250.0.1:${silent.port}/cache:fixed` });
  const silentFetch = (name: string, more: object = {}) =>
    cacheTask(name, 'CacheFetch', { params: silentTarget(), workspaces: { modules: 'w' }, ...more });

  /** Writes a lockfile and, on a miss, the dependency that it locks; caches both sides of it. */
  const build = (name: string) => [
    shellTask('lock', 'echo v1 > $(workspaces.code.path)/lock', { workspaces: ['code'] }),
    cacheTask('fetch', 'CacheFetch', {
      params: params(name),
      workspaces: { source: 'code', modules: 'modules' },
      runAfter: ['lock'],
    }),
    shellTask('download', 'echo content > $(workspaces.modules.path)/dependency', {
      workspaces: ['modules'],
      when: [{ input: '$(tasks.fetch.results.hit)', operator: 'in', values: ['false'] }],
    }),
    shellTask('use', 'cat $(workspaces.modules.path)/dependency; printf %s "$(params.hit)" > $(results.seen.path)', {
      params: { hit: '$(tasks.fetch.results.hit)' },
      workspaces: ['modules'],
      results: ['seen'],
      runAfter: ['fetch', 'download'],
    }),
  ];
  const upload = (name: string, hash: string, more: object = {}) =>
    cacheTask('upload', 'CacheUpload', {
      params: { target: target(name), hash, insecure: 'true' },
      workspaces: { modules: 'modules' },
      ...more,
    });

  together({
    'a first run misses and uploads, a second one hits: results reach later tasks, `when` and pipeline results':
      async () => {
        const { runs } = ground;
        const run = async (name: string) => {
          await ground.space.createClaim(`${name}-code`);
          await ground.space.createClaim(`${name}-modules`);
          await runs.createPipelineRun(name, {
            tasks: [...build('reused'), upload('reused', '$(tasks.fetch.results.hash)', { runAfter: ['use'] })],
            workspaces: {
              code: { persistentVolumeClaim: { claimName: `${name}-code` } },
              modules: { persistentVolumeClaim: { claimName: `${name}-modules` } },
            },
            results: { hit: '$(tasks.use.results.seen)', uploaded: '$(tasks.upload.results.reason)' },
          });
          return await runs.pipelineRun(name);
        };
        const first = await run('first');
        expect(verdictOf(first), conditionOf(first).message).to.equal('True Succeeded');
        expect(resultsOf(first)).to.deep.equal({ hit: 'false', uploaded: 'pushed' });
        const second = await run('second');
        expect(verdictOf(second), conditionOf(second).message).to.equal('True Completed');
        expect(resultsOf(second)).to.deep.equal({ hit: 'true', uploaded: 'unchanged' });
        const fetch = await runs.customRun('second-fetch');
        expect(resultsOf(fetch)).to.include({ match: 'exact', reason: 'exact', 'modules-hit': 'true' });
        expect(fetch.status).to.include({ observedGeneration: 1 });
        expect(fetch.status).to.include.keys('startTime', 'completionTime');
      },

    'an inline taskSpec, with an upload in finally, on a volumeClaimTemplate beside the affinity assistant':
      async () => {
        const { runs } = ground;
        await runs.createPipelineRun('inline', {
          tasks: [
            {
              name: 'fetch',
              taskSpec: {
                apiVersion: GROUP_VERSION,
                kind: 'CacheFetch',
                spec: { target: target('inline'), hash: 'v1', insecure: true },
              },
              workspaces: [{ name: 'modules', workspace: 'modules' }],
            },
            shellTask('fill', 'echo content > $(workspaces.modules.path)/dependency', {
              workspaces: ['modules'],
              runAfter: ['fetch'],
            }),
          ],
          finally: [upload('inline', '$(tasks.fetch.results.hash)')],
          workspaces: { modules: claimTemplate },
          results: { reason: '$(finally.upload.results.reason)' },
        });
        await runs.customRun('inline-fetch', isRunning);
        const [pod] = await runs.pods('inline-fetch');
        expect(JSON.stringify(pod?.spec.affinity)).to.contain('affinity-assistant-');
        const run = await runs.pipelineRun('inline');
        expect(verdictOf(run), conditionOf(run).message).to.equal('True Succeeded');
        expect(resultsOf(run)).to.deep.equal({ reason: 'pushed' });
      },

    'a matrix fans a fetch out': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('matrix', {
        tasks: [
          cacheTask('fetch', 'CacheFetch', {
            params: { target: target('matrix'), insecure: 'true' },
            workspaces: { modules: 'modules' },
            matrix: { params: [{ name: 'hash', value: ['one', 'two', 'three'] }] },
          }),
        ],
        workspaces: { modules: claimTemplate },
      });
      const run = await runs.pipelineRun('matrix');
      expect(verdictOf(run), conditionOf(run).message).to.equal('True Succeeded');
      const hashes = [0, 1, 2].map(async (at) => resultsOf(await runs.customRun(`matrix-fetch-${at}`))['hash']);
      expect(await Promise.all(hashes)).to.deep.equal(['one', 'two', 'three']);
    },

    'a timeout of the pipeline cancels the run and stops its pod': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('pipeline-timeout', {
        tasks: [silentFetch('fetch')],
        workspaces: { w: claimTemplate },
        spec: { timeouts: { pipeline: '8s' } },
      });
      const run = await runs.customRun('pipeline-timeout-fetch');
      expect(verdictOf(run)).to.equal('False CustomRunCancelled');
      expect(conditionOf(run).message).to.contain('has timed out');
      expect(run.status?.observedGeneration).to.equal(2);
      expect(resultsOf(run)).to.include({ hit: 'false', reason: 'cancelled' });
      expect(verdictOf(await runs.pipelineRun('pipeline-timeout'))).to.equal('False PipelineRunTimeout');
      await runs.noPods('pipeline-timeout-fetch');
    },

    'a timeout of the task ends the run and its pod': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('task-timeout', {
        tasks: [silentFetch('fetch', { timeout: '6s' })],
        workspaces: { w: claimTemplate },
      });
      const run = await runs.customRun('task-timeout-fetch');
      expect(verdictOf(run)).to.equal('False CustomRunTimedOut');
      expect(run.status?.observedGeneration).to.equal(1);
      expect(resultsOf(run)).to.include({ reason: 'timeout', 'modules-reason': 'timeout' });
      expect(verdictOf(await runs.pipelineRun('task-timeout'))).to.equal('False Failed');
    },

    'with retries a timeout is followed by another attempt with a pod of its own': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('retries', {
        tasks: [silentFetch('fetch', { timeout: '5s', retries: 1 })],
        workspaces: { w: claimTemplate },
      });
      await runs.customRun('retries-fetch', isRunning);
      const [first] = await runs.pods('retries-fetch');
      const retried = await runs.customRun('retries-fetch', ({ status }) => status?.retriesStatus?.length === 1);
      expect(conditionOf(retried).status).to.equal('Unknown');
      await runs.customRun('retries-fetch', (run) => conditionOf(run).message.includes('(attempt 2)'));
      const others = (await runs.pods('retries-fetch')).filter(
        ({ metadata }) => metadata.name !== first?.metadata.name,
      );
      expect(others).to.have.length(1);
      const run = await runs.customRun('retries-fetch');
      expect(verdictOf(run)).to.equal('False CustomRunTimedOut');
      expect(run.status?.retriesStatus).to.have.length(1);
      const [attempt] = run.status?.retriesStatus ?? [];
      expect(attempt?.conditions?.[0]).to.include({ type: 'Succeeded', status: 'False', reason: 'CustomRunTimedOut' });
      expect(attempt).to.include({ observedGeneration: 1 });
      expect(Date.parse(run.status?.startTime ?? '')).to.be.greaterThan(Date.parse(attempt?.startTime ?? ''));
    },

    'a cancelled PipelineRun cancels the run and stops its pod': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('cancel', { tasks: [silentFetch('fetch')], workspaces: { w: claimTemplate } });
      await runs.customRun('cancel-fetch', isRunning);
      await runs.cancelPipelineRun('cancel', 'Cancelled');
      const run = await runs.customRun('cancel-fetch');
      expect(verdictOf(run)).to.equal('False CustomRunCancelled');
      expect(conditionOf(run).message).to.contain('has been cancelled');
      await runs.noPods('cancel-fetch');
      expect(verdictOf(await runs.pipelineRun('cancel'))).to.equal('False Cancelled');
    },

    'CancelledRunFinally waits for the run, then runs what is in finally': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('gracefully', {
        tasks: [silentFetch('fetch')],
        finally: [
          shellTask('last', 'echo "$(params.reason)" | grep -qx CustomRunCancelled', {
            params: { reason: '$(tasks.fetch.reason)' },
          }),
        ],
        workspaces: { w: claimTemplate },
      });
      await runs.customRun('gracefully-fetch', isRunning);
      await runs.cancelPipelineRun('gracefully', 'CancelledRunFinally');
      const run = await runs.pipelineRun('gracefully');
      expect(verdictOf(run)).to.equal('False Cancelled');
      expect(verdictOf(await runs.customRun('gracefully-fetch'))).to.equal('False CustomRunCancelled');
    },

    'the annotation on the PipelineRun bypasses caches without a pod': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('bypass', {
        annotations: { 'cache.tekton.dev/mode': 'off' },
        tasks: [silentFetch('fetch')],
        workspaces: { w: claimTemplate },
        results: { reason: '$(tasks.fetch.results.reason)' },
      });
      expect(resultsOf(await runs.pipelineRun('bypass'))).to.deep.equal({ reason: 'disabled' });
      expect(await runs.pods('bypass-fetch')).to.deep.equal([]);
    },

    'a run deleted while it works comes back with a pod of its own': async () => {
      const { runs } = ground;
      await runs.createPipelineRun('again', {
        tasks: [silentFetch('fetch', { timeout: '15s' })],
        workspaces: { w: claimTemplate },
      });
      const before = await runs.customRun('again-fetch', isRunning);
      await runs.deleteCustomRun('again-fetch');
      const isAnew = ({ metadata }: { metadata: { uid?: string } }) => metadata.uid !== before.metadata.uid;
      const after = await runs.customRun('again-fetch', (run) => isAnew(run) && isRunning(run));
      const owners = (await runs.pods('again-fetch')).map((pod) => pod.metadata.ownerReferences?.[0]?.uid);
      expect(owners).to.include(after.metadata.uid);
      expect(verdictOf(await runs.customRun('again-fetch'))).to.equal('False CustomRunTimedOut');
    },

    'a run that is done stays as it is when it is cancelled afterwards': async () => {
      const { runs, space } = ground;
      await space.createClaim('done');
      await runs.createCustomRun('done', 'CacheFetch', {
        params: { ...params('done'), hash: 'v1', files: '' },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'done' } }],
      });
      const done = await runs.customRun('done');
      expect(verdictOf(done)).to.equal('True Succeeded');
      await runs.patchCustomRun('done', { spec: { status: 'RunCancelled', statusMessage: 'too late' } });
      // What comes after it in the queue of the controller is done, so this one was looked at.
      await runs.createCustomRun('after', 'CacheFetch', { params: {} });
      await runs.customRun('after');
      expect((await runs.customRun('done')).status).to.deep.equal(done.status);
    },

    "an optional workspace that is not bound is Tekton's error": async () => {
      const { runs } = ground;
      await runs.createPipelineRun('optional', {
        tasks: [silentFetch('fetch')],
        declarations: [{ name: 'w', optional: true }],
      });
      const run = await runs.pipelineRun('optional');
      expect(verdictOf(run)).to.equal('False CreateRunFailed');
      expect(conditionOf(run).message).to.contain(
        'expected workspace "w" to be provided by pipelinerun for pipeline task "fetch"',
      );
    },

    'an outage of the registry is a result, or a failure for those who want it': async () => {
      const { runs, space } = ground;
      await space.createClaim('outage');
      const spec = (more: object) => ({
        params: { target: '10.250.0.1:1/cache:fixed', insecure: 'false', ...more },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'outage' } }],
      });
      await runs.createCustomRun('outage', 'CacheFetch', spec({}));
      await runs.createCustomRun('outage-strict', 'CacheFetch', spec({ 'on-error': 'fail' }));
      const soft = await runs.customRun('outage');
      expect(verdictOf(soft)).to.equal('True Succeeded');
      expect(resultsOf(soft)).to.include({ hit: 'false', reason: 'unreachable' });
      const strict = await runs.customRun('outage-strict');
      expect(verdictOf(strict)).to.equal('False Unreachable');
      expect(resultsOf(strict)).to.include({ hit: 'false', reason: 'unreachable' });
    },
  });
});
