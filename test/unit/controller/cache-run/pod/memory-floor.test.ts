import { expect } from 'chai';

import { memoryObstacle } from '../../../../../controller/cache-run/pod/memory-floor.ts';
import { config } from '../examples.ts';

const limited = (memory: string) => memoryObstacle({ limits: { memory } });

describe('memory limit of a helper', () => {
  it('may be absent, or large enough for Node', () => {
    expect(memoryObstacle({})).to.equal(undefined);
    expect(memoryObstacle({ requests: { memory: '1Mi' } })).to.equal(undefined);
    expect(memoryObstacle(config.resources)).to.equal(undefined);
    for (const memory of ['64Mi', '1Gi', '70M']) expect(limited(memory), memory).to.equal(undefined);
  });

  it('below what Node needs to start is an obstacle that names limit and remedy', () => {
    for (const memory of ['10Mi', '63Mi', '60M', '1000', '6e7', '60000000000m']) {
      expect(limited(memory)).to.contain(memory).and.to.contain('64Mi').and.to.contain('computeResources');
    }
  });

  it('that cannot be read is left to the API server', () => {
    expect(limited('much')).to.equal(undefined);
  });
});
