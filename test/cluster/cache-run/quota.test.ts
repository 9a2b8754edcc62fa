import { expect } from 'chai';

import { conditionOf, resultsOf, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import type { Ground } from './ground.ts';
import { useProduct } from './ground.ts';

const QUOTA = { apiVersion: 'v1', kind: 'ResourceQuota' };

describe('a quota without room for a pod', () => {
  const forAWhile = useProduct();
  const forEver = useProduct();

  before(async () => {
    for (const { product, space } of [forAWhile, forEver]) {
      await space.createClaim('cache');
      const metadata = { name: 'pods', namespace: space.name };
      await product.cluster.api.create({ ...QUOTA, metadata, spec: { hard: { pods: '0' } } });
    }
  });

  /** A run that waits for the quota, and says so. */
  const beginRun = async ({ runs, product, space }: Ground): Promise<void> => {
    await runs.createCustomRun('fetch', 'CacheFetch', {
      params: { target: `${product.registry}/${space.name}/none:x`, insecure: 'true' },
      workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
    });
    const waiting = await runs.customRun('fetch', (found) => conditionOf(found).reason === 'Pending');
    expect(conditionOf(waiting).message).to.match(/^Pending: .*quota/);
  };

  together({
    'for a while, delays the run': async () => {
      await beginRun(forAWhile);
      const { runs, product, space } = forAWhile;
      const quota = { ...QUOTA, name: 'pods', namespace: space.name };
      await product.cluster.api.patch(quota, { spec: { hard: { pods: '5' } } });
      const done = await runs.customRun('fetch');
      expect(verdictOf(done)).to.equal('True Succeeded');
      expect(resultsOf(done)).to.include({ hit: 'false', reason: 'not-found' });
    },
    'for ever, ends the run within the deadline, and says why': async () => {
      await beginRun(forEver);
      const done = await forEver.runs.customRun('fetch');
      expect(verdictOf(done)).to.equal('True Succeeded');
      expect(resultsOf(done)).to.include({ hit: 'false', reason: 'pod-failed' });
      expect(conditionOf(done).message).to.contain('quota');
    },
  });
});

const RULES = {
  'a quota that wants limits': {
    ...QUOTA,
    spec: { hard: { 'limits.cpu': '4' } },
    says: /must specify limits\.cpu/,
  },
  'a LimitRange with less memory': {
    apiVersion: 'v1',
    kind: 'LimitRange',
    spec: { limits: [{ type: 'Container', max: { memory: '256Mi' } }] },
    says: /maximum memory usage per Container is 256Mi/,
  },
};

for (const [what, { says, ...rule }] of Object.entries(RULES)) {
  describe(what, () => {
    const ground = useProduct();

    it('ends the run at once, in the words of Kubernetes and with what to write', async () => {
      const { runs, product, space } = ground;
      await space.createClaim('cache');
      await product.cluster.api.create({ ...rule, metadata: { name: 'rule', namespace: space.name } });
      await runs.createCustomRun('fetch', 'CacheFetch', {
        params: { target: `${product.registry}/${space.name}/none:x`, insecure: 'true' },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
      });
      const done = await runs.customRun('fetch');
      expect(verdictOf(done)).to.equal('True Succeeded');
      expect(resultsOf(done)).to.include({ hit: 'false', reason: 'pod-failed' });
      expect(conditionOf(done).message).to.match(says).and.to.include('Say `resources` in the configuration');
    });
  });
}
