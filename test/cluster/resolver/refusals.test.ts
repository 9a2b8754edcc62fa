import { expect } from 'chai';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { paramsOf } from '../../support/product/runs.ts';
import { cache, EMPTY_DIR, reason, sentence, uses, wrap, useResolvers } from './ground.ts';

interface Request extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly lastTransitionTime: string }[] };
}

const REQUEST = { apiVersion: 'resolution.tekton.dev/v1beta1', kind: 'ResolutionRequest' };

describe('requests that cannot be resolved', function () {
  this.timeout(180_000);
  const ground = useResolvers();

  it('are refused within a second, with a sentence that the run shows', async () => {
    await ground.pipeline('refused', [uses('a', 'true')]);
    const target = ground.target('refused');
    const refused = await ground.run(cache({ pipelineref: 'refused', workspaces: 'x', target }), EMPTY_DIR);
    expect(reason(refused)).to.equal('CouldntGetPipeline');
    expect(sentence(refused)).to.contain('there is no workspace `x`');
    const missing = await ground.run(cache({ pipelineref: 'nowhere', target }), EMPTY_DIR);
    expect(sentence(missing)).to.contain('There is no Pipeline `nowhere`');

    const requests = await ground.product.cluster.api.list<Request>({ ...REQUEST, namespace: ground.space.name });
    expect(requests).to.have.length(2);
    for (const { metadata, status } of requests) {
      const end = status?.conditions?.[0]?.lastTransitionTime ?? '';
      // Both times are whole seconds.
      expect(Date.parse(end) - Date.parse(metadata.creationTimestamp ?? '')).to.be.within(0, 1000);
    }
  });

  it('asks other resolvers, and says what they said', async function () {
    if (!(await ground.hasTektonResolvers())) this.skip();
    await ground.pipeline('nested', [uses('a', 'echo 1 > a')]);
    const nested = (name: string) =>
      JSON.stringify({
        resolver: 'cluster',
        params: paramsOf({ kind: 'pipeline', name, namespace: ground.space.name }),
      });
    const first = await ground.run(wrap({ pipelineref: nested('nested'), target: ground.target('nested') }), EMPTY_DIR);
    expect(reason(first), sentence(first)).to.equal('Succeeded');
    const missing = await ground.run(
      wrap({ pipelineref: nested('nowhere'), target: ground.target('nested') }),
      EMPTY_DIR,
    );
    expect(sentence(missing)).to.contain('The resolver `cluster` said:').and.contain('nowhere');
  });
});
