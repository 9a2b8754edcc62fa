import { expect } from 'chai';

import { readEnvironment } from '../../../../controller/token-service/environment.ts';

describe('the environment of the token service', () => {
  it('has defaults for everything', () => {
    expect(readEnvironment({})).to.deep.equal({
      namespace: 'tekton-cache',
      port: 8443,
      healthPort: 8080,
      tlsDirectory: undefined,
      lingerMs: 3000,
    });
  });

  for (const seconds of ['0', '-1', '10', 'long', '']) {
    it(`refuses ${JSON.stringify(seconds)} as the seconds for late questions`, () => {
      expect(() => readEnvironment({ LINGER_SECONDS: seconds })).to.throw('LINGER_SECONDS');
    });
  }
});
