import { expect } from 'chai';
import { paramsOf, SHELL } from '../../support/product/runs.ts';
import { EMPTY_DIR, reason, result, sentence, useResolvers } from './ground.ts';

describe('a single Task of the resolvers on the cluster', function () {
  this.timeout(180_000);
  const ground = useResolvers();

  const TASK = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 'alone' },
    spec: {
      workspaces: [{ name: 'deps' }, { name: 'more', optional: true }],
      results: [{ name: 'found' }],
      steps: [
        {
          image: SHELL,
          script:
            'cd $(workspaces.deps.path); cat dep 2>/dev/null | tee $(results.found.path); [ -f dep ] || printf kept > dep',
        },
      ],
    },
  };
  const reference = () => ({
    resolver: 'cache',
    params: paramsOf({ taskref: 'alone', workspaces: 'deps,more', insecure: 'true', target: ground.target('alone') }),
  });

  it('keeps the workspaces of a TaskRun', async () => {
    await ground.create(TASK);
    const found: (string | undefined)[] = [];
    for (const name of ['alone-1', 'alone-2']) {
      const workspaces = [{ name: 'deps', emptyDir: {} }];
      const done = await ground.taskRun(name, { taskRef: reference(), workspaces });
      expect(reason(done), sentence(done)).to.equal('Succeeded');
      found.push(done.status?.results?.[0]?.value);
    }
    expect(found).to.deep.equal(['', 'kept']);
  });

  it('serves a reference in a Pipeline, and passes over an optional workspace that is not bound', async () => {
    await ground.pipeline(
      'refers',
      [{ name: 'a', taskRef: reference(), workspaces: [{ name: 'deps', workspace: 'w' }] }],
      {
        results: [{ name: 'found', value: '$(tasks.a.results.found)' }],
      },
    );
    const done = await ground.run({ name: 'refers' }, EMPTY_DIR);
    expect(result(done, 'found'), sentence(done)).to.equal('kept');
    expect(await ground.stepResult(done.metadata.name, 'a', 'cache-fetch', 'reason')).to.equal('exact');
  });
});
