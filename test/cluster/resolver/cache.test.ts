import { expect } from 'chai';
import { resultsOf, SHELL, shellTask } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { cache, EMPTY_DIR, result, sentence, useResolvers } from './ground.ts';

describe('the resolver cache on the cluster', function () {
  this.timeout(600_000);
  const ground = useResolvers();

  together({
    'keeps an emptyDir workspace of a referenced Task from run to run, under the hash of its lockfile': async () => {
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'resolve' },
        spec: {
          workspaces: [{ name: 'code' }, { name: 'deps', optional: true }],
          results: [{ name: 'found' }],
          steps: [
            { image: SHELL, script: 'echo v1 > $(workspaces.code.path)/lock' },
            {
              name: 'build',
              image: SHELL,
              script:
                'cd $(workspaces.deps.path); cat dep 2>/dev/null | tee $(results.found.path); [ -f dep ] || echo resolved > dep',
            },
          ],
        },
      });
      const name = 'keeps';
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata: { name },
        spec: {
          workspaces: [{ name: 'w' }, { name: 'code' }],
          results: [{ name: 'found', value: '$(tasks.build.results.found)' }],
          tasks: [
            {
              name: 'build',
              taskRef: { name: 'resolve' },
              workspaces: [{ name: 'code' }, { name: 'deps', workspace: 'w' }],
            },
          ],
        },
      });
      const reference = cache({
        pipelineref: name,
        files: 'lock',
        'fetch-after': 'build/unnamed-0',
        target: ground.target(name, '{{hash}}'),
      });
      const workspaces = [...EMPTY_DIR, { name: 'code', emptyDir: {} }];
      const first = await ground.run(reference, workspaces);
      expect(sentence(first)).to.match(/Completed: 1 .Failed: 0/, sentence(first));
      const second = await ground.run(reference, workspaces);
      expect([result(first, 'found').trim(), result(second, 'found').trim()]).to.deep.equal(['', 'resolved']);
      const hits = await Promise.all(
        [first, second].map(
          async ({ metadata }) => await ground.stepResult(metadata.name, 'build', 'cache-fetch', 'reason'),
        ),
      );
      expect(hits).to.deep.equal(['not-found', 'exact']);
      expect(await ground.stepResult(second.metadata.name, 'build', 'cache-upload', 'reason')).to.equal('unchanged');
    },
    'puts custom tasks around the users of a claim': async () => {
      const tasks = [
        shellTask('clone', 'echo v1 > $(workspaces.code.path)/lock', { workspaces: ['code'] }),
        shellTask('build', 'cat $(workspaces.w.path)/dep || echo kept > $(workspaces.w.path)/dep', {
          workspaces: ['w', 'code'],
          runAfter: ['clone'],
        }),
      ];
      const metadata = { name: 'around' };
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata,
        spec: { workspaces: [{ name: 'w' }, { name: 'code' }], tasks },
      });
      const reference = cache({
        pipelineref: 'around',
        via: 'customrun',
        files: 'lock',
        source: 'code',
        target: ground.target('around', '{{hash}}'),
      });
      const { name: claimName } = await ground.space.createClaim('around');
      const workspaces = ['w', 'code'].map((name) => ({ name, subPath: name, persistentVolumeClaim: { claimName } }));
      const done = await ground.run(reference, workspaces);
      expect(sentence(done)).to.contain('Completed: 4 (Failed: 0');
      const uploaded = await ground.runs.customRun(`${done.metadata.name}-cache-upload`);
      expect(resultsOf(uploaded), JSON.stringify(uploaded.status)).to.include({ uploaded: 'true', reason: 'pushed' });
      expect(resultsOf(uploaded)['hash']).to.match(/^[0-9a-f]{64}$/);
    },
  });
});
