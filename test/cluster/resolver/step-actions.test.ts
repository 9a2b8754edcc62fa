import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { NewObject } from '../../support/kube/kube-api.ts';
import { paramsOf, SHELL } from '../../support/product/runs.ts';
import { reason, resultOfStep, sentence, useResolvers } from './ground.ts';

describe('the StepActions in a Task written by hand', function () {
  this.timeout(180_000);
  const ground = useResolvers();

  it('has the same in StepActions, written by hand', async () => {
    for (const verb of ['fetch', 'upload']) {
      const file = new URL(`../../../manifests/stepactions/cache-${verb}.yaml`, import.meta.url);
      const action = parse(readFileSync(file, 'utf8')) as NewObject & { readonly spec: object };
      await ground.create({ ...action, spec: { ...action.spec, image: ground.product.image } });
    }
    const common = {
      target: ground.target('byhand', '{{hash}}'),
      caches: 'deps=$(workspaces.deps.path)',
      insecure: 'true',
    };
    const steps = [
      { name: 'lock', image: SHELL, script: 'echo v1 > $(workspaces.source.path)/lock' },
      {
        name: 'get',
        onError: 'continue',
        ref: { name: 'cache-fetch' },
        params: paramsOf({ ...common, files: 'lock', source: '$(workspaces.source.path)' }),
      },
      {
        name: 'build',
        image: SHELL,
        script: 'cat $(workspaces.deps.path)/dep || echo kept > $(workspaces.deps.path)/dep',
      },
      {
        name: 'put',
        onError: 'continue',
        ref: { name: 'cache-upload' },
        params: paramsOf({ ...common, hash: '$(steps.get.results.hash)' }),
      },
    ];
    const outcomes: string[] = [];
    for (const name of ['byhand-1', 'byhand-2']) {
      const spec = {
        taskSpec: { workspaces: [{ name: 'source' }, { name: 'deps' }], steps },
        workspaces: ['source', 'deps'].map((volume) => ({ name: volume, emptyDir: {} })),
      };
      const done = await ground.taskRun(name, spec);
      expect(reason(done), sentence(done)).to.equal('Succeeded');
      outcomes.push(`${resultOfStep(done, 'get', 'reason')} ${resultOfStep(done, 'put', 'reason')}`);
    }
    expect(outcomes).to.deep.equal(['not-found pushed', 'exact unchanged']);
  });
});
