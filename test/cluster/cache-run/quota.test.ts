import { expect } from 'chai';

import { conditionOf, resultsOf, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

const QUOTA = { apiVersion: 'v1', kind: 'ResourceQuota' };

for (const lifted of [true, false]) {
  describe(`a quota without room for a pod, ${lifted ? 'for a while' : 'for ever'}`, () => {
    const ground = useProduct();

    before(async () => {
      const { product, space } = ground;
      await space.createClaim('cache');
      const metadata = { name: 'pods', namespace: space.name };
      await product.cluster.api.create({ ...QUOTA, metadata, spec: { hard: { pods: '0' } } });
    });

    const run = async () => {
      const { runs, product, space } = ground;
      await runs.createCustomRun('fetch', 'CacheFetch', {
        params: { target: `${product.registry}/${space.name}/none:x`, insecure: 'true' },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
      });
      const waiting = await runs.customRun('fetch', (found) => conditionOf(found).reason === 'Pending');
      expect(conditionOf(waiting).message).to.match(/^Pending: .*quota/);
      if (lifted) {
        const quota = { ...QUOTA, name: 'pods', namespace: space.name };
        await product.cluster.api.patch(quota, { spec: { hard: { pods: '5' } } });
      }
      return await runs.customRun('fetch');
    };

    together({
      [lifted ? 'delays the run' : 'ends the run within the deadline, and says why']: async () => {
        const done = await run();
        expect(verdictOf(done)).to.equal('True Succeeded');
        expect(resultsOf(done)).to.include({ hit: 'false', reason: lifted ? 'not-found' : 'pod-failed' });
        if (!lifted) expect(conditionOf(done).message).to.contain('quota');
      },
    });
  });
}
