import { expect } from 'chai';

import { readEnvironment } from '../../../controller/environment.ts';

describe('the environment of the controller', () => {
  it('has defaults for all but the image', () => {
    expect(readEnvironment({ IMAGE: 'registry/tekton-cache:1' })).to.deep.equal({
      namespace: 'tekton-cache',
      image: 'registry/tekton-cache:1',
      healthPort: 8080,
      stillMs: 60_000,
      firstReadMs: 5000,
    });
    expect(() => readEnvironment({})).to.throw('IMAGE is not set');
  });

  for (const port of ['http', '-1', '65536', '80.5', '', 'tcp://10.96.0.7:80']) {
    it(`refuses ${JSON.stringify(port)} as a port`, () => {
      expect(() => readEnvironment({ IMAGE: 'x', HEALTH_PORT: port })).to.throw('is not a port');
    });
  }

  for (const seconds of ['0', '-1', 'long', '']) {
    for (const name of ['HEALTH_STILL_SECONDS', 'FIRST_READ_SECONDS']) {
      it(`refuses ${JSON.stringify(seconds)} as ${name}`, () => {
        expect(() => readEnvironment({ IMAGE: 'x', [name]: seconds })).to.throw(name);
      });
    }
  }
});
