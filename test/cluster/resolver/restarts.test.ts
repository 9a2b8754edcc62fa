import { expect } from 'chai';
import { startApiProxy } from '../../support/product/api-proxy.ts';
import type { Trap } from '../../support/product/api-proxy.ts';
import { paramsOf } from '../../support/product/runs.ts';
import { cache, EMPTY_DIR, reason, sentence, uses, useResolvers } from './ground.ts';

const isWrite = (method: string, path: string): boolean => method !== 'GET' && path.includes('/resolutionrequests');

describe('a controller that dies while it resolves', function () {
  this.timeout(180_000);
  const ground = useResolvers();
  before(async () => {
    await ground.pipeline('p', [uses('a', 'true')]);
    await ground.product.controller.stop();
  });
  after(async () => {
    ground.product.controller = await ground.product.startController();
  });

  const isAnswer: Trap['matches'] = ({ method, path }) => isWrite(method, path) && path.includes('/status');
  const isNested: Trap['matches'] = ({ method, path }) => method === 'POST' && isWrite(method, path);
  const nested = (): string =>
    JSON.stringify({
      resolver: 'cluster',
      params: paramsOf({ kind: 'pipeline', name: 'p', namespace: ground.space.name }),
    });
  const moments: readonly (readonly [string, string, Trap])[] = [
    ['before its answer', 'p', { moment: 'request', matches: isAnswer }],
    ['after its answer', 'p', { moment: 'answer', matches: isAnswer }],
    ['before it asks another resolver', 'nested', { moment: 'request', matches: isNested }],
    ['after it asked another resolver', 'nested', { moment: 'answer', matches: isNested }],
  ];
  for (const [moment, reference, trap] of moments) {
    it(`${moment}, leaves no request hanging`, async () => {
      const { product } = ground;
      const proxy = await startApiProxy(product.cluster.kubeconfigOf('cacheController'), trap);
      const first = await product.startController(proxy.kubeconfig);
      const pipelineref = reference === 'p' ? 'p' : nested();
      const run = ground.run(cache({ pipelineref, target: ground.target('restarts') }), EMPTY_DIR);
      await proxy.caught;
      await first.stop('SIGKILL');
      await proxy.stop();
      const second = await product.startController();
      const done = await run;
      await second.stop();
      // Without Tekton's own resolvers a nested request has no answer, and the run has our sentence about that.
      if (reference === 'nested' && !(await ground.hasTektonResolvers())) {
        expect(sentence(done)).to.contain('The resolver `cluster` did not answer within 50 s');
      } else expect(reason(done), sentence(done)).to.equal('Succeeded');
    });
  }
});
