import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../../shared/rewrite/json.ts';
import { resolve } from '../../../shared/rewrite/resolve.ts';
import type { Run } from '../../../shared/rewrite/tekton.ts';
import { SETTINGS } from '../../rewrite/case.ts';
import { onEmptyDirs, readTektonExamples } from '../../rewrite/tekton-examples.ts';
import type { Example } from '../../rewrite/tekton-examples.ts';
import { openCluster } from '../../support/cluster/cluster.ts';
import type { Cluster } from '../../support/cluster/cluster.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../../support/cluster/test-namespace.ts';

/** Tekton's own examples, each rewritten by each resolver, as it is and on emptyDirs. */
describe("the webhook accepts Tekton's examples rewritten", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let space: TestNamespace;
  let examples: readonly Example[];
  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'examples' });
    examples = await readTektonExamples();
  });
  after(async () => {
    await space.delete();
    cluster.close();
  });

  const WAYS: readonly (readonly [string, 'cache' | 'wrap', (run: Run) => Run])[] = [
    ['by cache', 'cache', (run) => run],
    ['by wrap', 'wrap', (run) => run],
    ['by wrap on emptyDirs', 'wrap', onEmptyDirs],
  ];
  for (const [name, resolver, change] of WAYS) {
    it(name, async () => {
      const refused: string[] = [];
      const rejected: string[] = [];
      const unfit: string[] = [];
      for (const example of examples) {
        if ((await create(example.pipeline)).kind === 'rejected') {
          unfit.push(example.name);
          continue;
        }
        const outcome = await rewriteAndCreate(resolver, change(example.run), example);
        if (outcome.kind === 'refused') refused.push(`${example.name}: ${outcome.sentence}`);
        if (outcome.kind === 'rejected') rejected.push(`${example.name}: ${outcome.sentence}`);
      }
      // Those of alpha features are not taken as they are, either.
      expect(unfit.filter((name) => !name.includes('/alpha/'))).to.deep.equal([]);
      expect(examples.length).to.be.greaterThan(10);
      expect(rejected).to.deep.equal([]);
      expect(refused.length, refused.join('\n')).to.be.at.most(examples.length * 0.1);
    });
  }

  async function rewriteAndCreate(resolver: 'cache' | 'wrap', run: Run, { pipeline, workspaces }: Example) {
    const params = { pipelineref: 'p', workspaces, target: 'r.example/{{workspace}}:end' };
    try {
      return await create(resolve({ resolver, params, run, document: pipeline, settings: SETTINGS }));
    } catch (error) {
      if (!(error instanceof CacheError)) throw error;
      return { kind: 'refused' as const, sentence: error.message };
    }
  }

  async function create({ spec }: JsonObject) {
    const path = await cluster.api.pathOf({ apiVersion: 'tekton.dev/v1', kind: 'Pipeline', namespace: space.name });
    const metadata = { name: 'p', namespace: space.name };
    const body = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata, spec };
    const request = { method: 'POST', path: `${path}?dryRun=All&fieldValidation=Strict`, body } as const;
    const answer = await cluster.api.connection.send(request);
    return answer.status === 201 ? { kind: 'accepted' as const } : { kind: 'rejected' as const, sentence: answer.body };
  }
});
