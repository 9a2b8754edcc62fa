import { expect } from 'chai';
import { hasOldestTekton } from '../../support/cluster/state.ts';
import { setFeatureFlags } from '../../support/cluster/tekton/feature-flags.ts';
import { together } from '../../support/product/together.ts';
import { cache, EMPTY_DIR, reason, result, sentence, uses, useResolvers } from './ground.ts';

const BYTES = 3500;
const LONG = `head -c ${BYTES} /dev/zero | tr '\\0' x > $(results.long.path)`;
const EXPECTED = 'x'.repeat(BYTES);

describe('results of 3,500 bytes, which a Task of one step has room for,', function () {
  this.timeout(600_000);
  const ground = useResolvers();
  before(async () => {
    await ground.pipeline('long', [uses('a', LONG, { results: ['long'] })], {
      results: [{ name: 'long', value: '$(tasks.a.results.long)' }],
    });
  });
  const viaSteps = async () =>
    await ground.run(cache({ pipelineref: 'long', target: ground.target('long') }), EMPTY_DIR);

  together({
    'exist where custom tasks do the caching': async () => {
      const { name: claimName } = await ground.space.createClaim('long');
      const reference = cache({ pipelineref: 'long', via: 'customrun', target: ground.target('via') });
      const done = await ground.run(reference, [{ name: 'w', persistentVolumeClaim: { claimName } }]);
      expect(reason(done), sentence(done)).to.equal('Succeeded');
      expect(result(done, 'long')).to.equal(EXPECTED);
    },
    'do not fail the Task where steps do, whose messages repeat them': async () => {
      // As no Pipeline result: those are cut off.
      await ground.pipeline('unread', [uses('a', LONG, { results: ['long'] })]);
      const done = await ground.run(cache({ pipelineref: 'unread', target: ground.target('unread') }), EMPTY_DIR);
      expect(reason(done), sentence(done)).to.equal('Succeeded');
    },
    'are too long where steps do': async () => {
      const done = await viaSteps();
      expect(result(done, 'long')).to.not.equal(EXPECTED);
    },
  });

  describe('with enable-termination-message-compression', () => {
    let restore: () => Promise<void>;
    before(async function () {
      if (await hasOldestTekton()) this.skip();
      const flags = { 'enable-termination-message-compression': 'true' };
      restore = await setFeatureFlags(ground.product.cluster.api, flags);
    });
    after(async () => await restore?.());

    it('exist where steps do the caching', async () => {
      const done = await viaSteps();
      expect(reason(done), sentence(done)).to.equal('Succeeded');
      expect(result(done, 'long')).to.equal(EXPECTED);
    });
  });
});
