import { patient } from '../../support/patience.ts';
import { installRegistry } from '../../support/product/registry/registry-installation.ts';
import { together } from '../../support/product/together.ts';
import { useResolvers } from '../resolver/ground.ts';
import { installation } from './installation.ts';
import { POLICY, scopedRuns } from './scoped-runs.ts';

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'tekton-cache', name: 'tekton-cache-config' };

describe('the registry of the installation', function () {
  this.timeout(patient(600_000));
  const plain = useResolvers({ prefix: 'plain' });
  const scoped = useResolvers({ prefix: 'scoped' });
  let remove: (() => Promise<void>) | undefined;
  const setPolicy = async (policy: string | null): Promise<void> =>
    void (await plain.product.cluster.api.patch(CONFIG, { data: { 'token-trust': policy } }));

  before(async function () {
    this.timeout(patient(300_000));
    const { cluster, image } = plain.product;
    remove = await installRegistry(cluster, image);
    await setPolicy(POLICY);
  });
  after(async () => {
    await setPolicy(null);
    await remove?.();
  });

  together({ ...scopedRuns(scoped), ...installation(plain) });
});
