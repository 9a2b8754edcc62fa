import { expect } from 'chai';

import { paramsOf } from '../../support/product/runs.ts';
import { endOf, installStepActions, runTask, shellStep, stepResults } from '../../support/product/task-runs.ts';
import { useProduct } from '../cache-run/ground.ts';

describe('a Task written for tekton-caches', () => {
  const ground = useProduct({ prefix: 'peer' });
  before(async () => {
    const { product, space } = ground;
    await installStepActions(product.cluster.api, space.name, product.image, 'tekton-caches');
  });

  it('is cold, then warm, with nothing changed but the reference of its steps', async () => {
    const { product, space } = ground;
    const uri = `oci://${product.registry}/${space.name}/peer:{{hash}}`;
    const run = async (name: string): Promise<string> => {
      const common = {
        CACHE_PATH: '$(workspaces.cache.path)',
        WORKING_DIR: '$(workspaces.source.path)',
        INSECURE: 'true',
      };
      const patterns = { name: 'PATTERNS', value: ['**/go.mod', '**/go.sum'] };
      const done = await runTask(product.cluster.api, {
        metadata: { name, namespace: space.name },
        spec: {
          taskSpec: {
            workspaces: [{ name: 'source' }, { name: 'cache' }],
            steps: [
              shellStep('sources', 'echo sum > $(workspaces.source.path)/go.sum'),
              {
                name: 'cache-fetch',
                ref: { name: 'cache-fetch' },
                params: [patterns, ...paramsOf({ ...common, SOURCE: uri })],
              },
              shellStep('build', 'ls $(workspaces.cache.path); echo dep > $(workspaces.cache.path)/dep'),
              {
                name: 'cache-upload',
                ref: { name: 'cache-upload' },
                params: [
                  patterns,
                  ...paramsOf({ ...common, TARGET: uri, FETCHED: '$(steps.cache-fetch.results.fetched)' }),
                ],
              },
            ],
          },
          workspaces: ['source', 'cache'].map((workspace) => ({ name: workspace, emptyDir: {} })),
        },
      });
      expect(endOf(done)).to.equal('True Succeeded');
      return `${stepResults(done, 'cache-fetch')['fetched']} ${stepResults(done, 'cache-upload')['reason']}`;
    };
    expect(await run('cold')).to.equal('false pushed');
    expect(await run('warm')).to.equal('true unchanged');
  });
});
