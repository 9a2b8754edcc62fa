import { basename } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../../shared/errors.ts';
import type { Json, JsonObject } from '../../../../shared/rewrite/json/json.ts';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import type { Run } from '../../../../shared/rewrite/tekton/tekton.ts';
import { SETTINGS } from '../../../rewrite/case.ts';
import { onEmptyDirs, readTektonExamples } from '../../../rewrite/tekton-examples.ts';
import type { Example } from '../../../rewrite/tekton-examples.ts';
import { openCluster } from '../../../support/cluster/cluster.ts';
import type { Cluster } from '../../../support/cluster/cluster.ts';
import { setFeatureFlags } from '../../../support/cluster/tekton/feature-flags.ts';
import { createTestNamespace } from '../../../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../../../support/cluster/test-namespace.ts';
import { until } from '../../../support/deadline.ts';

/** Tekton's own examples, each rewritten by each resolver, as it is and on emptyDirs. */
describe("the webhook accepts Tekton's examples rewritten", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let space: TestNamespace;
  let examples: readonly Example[];
  let restore: () => Promise<void>;
  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'examples' });
    examples = await readTektonExamples();
    // Two of them need what Tekton calls alpha; it takes a moment to see the flag.
    restore = await setFeatureFlags(cluster.api, {
      'enable-api-fields': 'alpha',
      'enable-cel-in-whenexpression': 'true',
    });
    const [first] = examples.filter(({ name }) => name.includes('/alpha/'));
    const isTaken = async (): Promise<boolean> =>
      first !== undefined && (await create(first.pipeline)).kind === 'accepted';
    await until('alpha features', 30_000, isTaken);
  });
  after(async () => {
    await restore?.();
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
      for (const example of examples) {
        expect((await create(example.pipeline)).kind, `${example.name} as it is`).to.equal('accepted');
        const outcome = await rewriteAndCreate(resolver, change(example.run), example);
        if (outcome.kind === 'refused') {
          refused.push(basename(example.name));
          expect(outcome.sentence).to.match(/runs a Pipeline of its own/);
        }
        if (outcome.kind === 'rejected') rejected.push(`${example.name}: ${outcome.sentence}`);
      }
      expect(examples.length).to.equal(21);
      expect(rejected).to.deep.equal([]);
      // As docs/resolvers.md says.
      expect(refused).to.deep.equal(['pipelines-in-pipelines-ref-complex.yaml']);
    });
  }

  async function rewriteAndCreate(resolver: 'cache' | 'wrap', run: Run, { pipeline, embedded, workspaces }: Example) {
    const what: Readonly<Record<string, Json>> =
      embedded === undefined ? { pipelineref: 'p' } : { pipelinespec: embedded };
    const params = { ...what, workspaces, target: 'r.example/{{workspace}}:end' };
    const document = embedded === undefined ? pipeline : undefined;
    try {
      return await create(resolve({ resolver, params, run, document, settings: SETTINGS }));
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
