import { expect } from 'chai';

import type { NewObject } from '../../support/kube/kube-api.ts';
import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startPasswordRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import { PLACES, withTexts } from '../../support/samples/ecosystem/fitted.ts';
import { useSamples } from './ground.ts';

describe('the sample with a private registry', () => {
  const samples = useSamples();

  it('logs in by the service account of the run', async () => {
    const { product, space } = samples.ground;
    const login = { user: 'robot', password: 'token' };
    const registry = await startPasswordRegistry(product.cluster.state.registry.host, login);
    const host = `${product.cluster.local.hostAddress}:${registry.port}`;
    const restore = await allowInsecure(product.cluster, host);
    try {
      const repositories = `${host}/${space.name}`;
      const here = (object: NewObject): NewObject =>
        withTexts(object, { [PLACES.registry]: repositories });
      await samples.define('private-registry/secret.yaml', here);
      await samples.define('npm/pipeline.yaml');
      await samples.commit('npm');
      const texts = { [PLACES.registry]: repositories };
      expect((await samples.run('private-registry/pipelinerun.yaml', 'cold', { texts })).upload).to.include({
        uploaded: 'true',
      });
      const warm = await samples.run('private-registry/pipelinerun.yaml', 'warm', { texts });
      expect(warm.fetch).to.include({ hit: 'true' });
      expect(warm.downloads).to.equal(0);
    } finally {
      await restore();
      registry.stop();
    }
  });
});
