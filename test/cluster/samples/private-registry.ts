import { expect } from 'chai';

import type { NewObject } from '../../support/kube/kube-api.ts';
import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startPasswordRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import { PLACES, withTexts } from '../../support/samples/ecosystem/fitted.ts';
import type { Sample } from './ground.ts';

export const logsInByTheServiceAccount = async (sample: Sample): Promise<void> => {
  const { product, namespace } = sample;
  const login = { user: 'robot', password: 'token' };
  const registry = await startPasswordRegistry(product.cluster.state.registry.host, login);
  const host = `${product.cluster.local.hostAddress}:${registry.port}`;
  const restore = await allowInsecure(product.cluster, host);
  try {
    const repositories = `${host}/${namespace}/private`;
    const texts = { [PLACES.registry]: repositories };
    const here = (object: NewObject): NewObject => withTexts(object, texts);
    await sample.define('private-registry/secret.yaml', here);
    await sample.define('npm/pipeline.yaml');
    await sample.commit('npm');
    const cold = await sample.run('private-registry/pipelinerun.yaml', 'cold', { texts });
    expect(cold.upload).to.include({ uploaded: 'true' });
    const warm = await sample.run('private-registry/pipelinerun.yaml', 'warm', { texts });
    expect(warm.fetch).to.include({ hit: 'true' });
    expect(warm.downloads).to.equal(0);
  } finally {
    await restore();
    registry.stop();
  }
};
