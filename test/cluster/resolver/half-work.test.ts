import { expect } from 'chai';
import { until } from '../../support/deadline.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { claim, resultsOf } from '../../support/product/runs.ts';
import type { Run as CustomRun } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { cache, isDone, result, sentence, useResolvers, uses } from './ground.ts';
import type { Run } from './ground.ts';

interface Ended extends Run {
  readonly status?: NonNullable<Run['status']> & {
    readonly skippedTasks?: readonly { readonly name: string; readonly reason?: string }[];
  };
}

describe('what is uploaded from a claim', function () {
  this.timeout(600_000);
  const ground = useResolvers();
  const api = () => ground.product.cluster.api;
  const uploadsOf = async (run: string): Promise<readonly CustomRun[]> =>
    await api().list<CustomRun>(
      { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', namespace: ground.space.name },
      `tekton.dev/pipelineRun=${run},tekton.dev/pipelineTask=cache-upload`,
    );
  const asked = (pipelineref: string) =>
    cache({ pipelineref, target: ground.target(pipelineref), via: 'customrun', 'on-error': 'fail' });
  const bound = async (name: string): Promise<readonly object[]> => {
    await ground.space.createClaim(name);
    return [{ name: 'w', ...claim(name) }];
  };

  together({
    'is all of it, also where a task of finally cleans up; and nothing where no task used the claim': async () => {
      const name = 'cleaned';
      const build = uses('build', 'cat made 2>/dev/null | tee $(results.found.path); echo made > made', {
        results: ['found'],
        when: [{ input: '$(params.build)', operator: 'in', values: ['true'] }],
      });
      await ground.pipeline(name, [build], {
        params: [{ name: 'build', type: 'string', default: 'true' }],
        finally: [uses('clean', 'rm -rf ./*')],
        results: [{ name: 'found', value: '$(tasks.build.results.found)' }],
      });
      const skipped = await ground.run(asked(name), await bound('unused'), {
        params: [{ name: 'build', value: 'false' }],
      });
      expect(await uploadsOf(skipped.metadata.name), sentence(skipped)).to.deep.equal([]);
      const first = await ground.run(asked(name), await bound('first'));
      const [upload] = await uploadsOf(first.metadata.name);
      expect(upload && resultsOf(upload), sentence(first)).to.include({ uploaded: 'true', reason: 'pushed' });
      const selector = `tekton.dev/pipelineRun=${first.metadata.name},tekton.dev/pipelineTask=clean`;
      const [clean] = await api().list<KubeObject & { readonly metadata: { readonly creationTimestamp?: string } }>(
        { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace: ground.space.name },
        selector,
      );
      const times = [upload?.status?.completionTime, clean?.metadata.creationTimestamp].map((time) =>
        Date.parse(time ?? ''),
      );
      expect(times[0], 'uploaded before it is cleaned').to.be.at.most(times[1] ?? Number.NaN);
      const second = await ground.run(asked(name), await bound('second'));
      expect(result(second, 'found').trim(), sentence(second)).to.equal('made');
    },

    'is nothing in a run that was stopped between two tasks': async () => {
      const [name, run] = ['stopped', 'run-stopped'];
      await ground.pipeline(name, [
        uses('install', 'echo half > half; sleep 5'),
        uses('build', 'echo whole > whole', { runAfter: ['install'], onError: 'continue' }),
      ]);
      const ofRun = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: run, namespace: ground.space.name };
      const spec = { pipelineRef: asked(name), workspaces: await bound('stopped') };
      await ground.create({ apiVersion: ofRun.apiVersion, kind: ofRun.kind, metadata: { name: run }, spec });
      const taskRuns = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace: ground.space.name };
      await until('the first task to begin', 120_000, async () => {
        const selector = `tekton.dev/pipelineRun=${run},tekton.dev/pipelineTask=install`;
        return (await api().list<KubeObject>(taskRuns, selector)).length > 0;
      });
      await api().patch(ofRun, { spec: { status: 'StoppedRunFinally' } });
      const ended = await api().waitFor<Ended>(ofRun, isDone, 300_000);
      const skipped = new Map(ended.status?.skippedTasks?.map((task) => [task.name, task.reason]));
      expect(Object.fromEntries(skipped), sentence(ended)).to.have.all.keys('build', 'cache-upload');
      expect(await uploadsOf(run)).to.deep.equal([]);
    },
  });
});
