import { expect } from 'chai';
import { writesBy } from '../../../support/cluster/audit-log.ts';
import { paramsOf } from '../../../support/product/runs.ts';
import { cache, EMPTY_DIR, reason, sentence, uses, wrap, useResolvers } from '../ground.ts';

const REQUEST = { apiVersion: 'resolution.tekton.dev/v1beta1', kind: 'ResolutionRequest' };
const CONTROLLER = 'system:serviceaccount:tekton-cache:tekton-cache-controller';

describe('requests that cannot be resolved', function () {
  this.timeout(180_000);
  const ground = useResolvers();

  it('are refused at the first look, with a sentence that the run shows', async () => {
    await ground.pipeline('refused', [uses('a', 'true')]);
    const target = ground.target('refused');
    const refused = await ground.run(cache({ pipelineref: 'refused', workspaces: 'x', target }), EMPTY_DIR);
    expect(reason(refused)).to.equal('CouldntGetPipeline');
    expect(sentence(refused)).to.contain('there is no workspace `x`');
    const missing = await ground.run(cache({ pipelineref: 'nowhere', target }), EMPTY_DIR);
    expect(sentence(missing)).to.contain('There is no Pipeline `nowhere`');

    const { api, auditLog } = ground.product.cluster;
    const requests = await api.list({ ...REQUEST, namespace: ground.space.name });
    expect(requests).to.have.length(2);
    const writes = writesBy(await auditLog.read(), CONTROLLER).filter(
      // A conflict changes nothing: the API server refuses the patch, and the resolver decides once more.
      ({ namespace, resource, code }) =>
        namespace === ground.space.name && resource.startsWith('resolutionrequests') && code !== 409,
    );
    // A refusal is written again where Tekton, after a conflict, has put its own status in the place of ours.
    const kinds = new Set(writes.map(({ verb, resource, name, code }) => `${verb} ${resource} ${name} ${code}`));
    expect([...kinds]).to.have.members(
      requests.map(({ metadata }) => `patch resolutionrequests/status ${metadata.name} 200`),
    );
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
