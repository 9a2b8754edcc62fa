import { expect } from 'chai';
import { outcomeOfPipeline, outcomeOfTask } from '../rewrite/wild/rewritten.ts';
import type { Outcome } from '../rewrite/wild/rewritten.ts';
import { PIPELINES, TASKS } from '../rewrite/wild/row.ts';
import { openCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { setFeatureFlags } from '../support/cluster/tekton/feature-flags.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';

type Document = Outcome['documents'][number];

describe('the webhook of Tekton accepts what comes of Pipelines and Tasks as they occur in public', function () {
  this.timeout(240_000);
  let cluster: Cluster;
  let space: TestNamespace;
  let restore: () => Promise<void>;
  before(async () => {
    cluster = await openCluster();
    // Pipelines within Pipelines are behind this gate, ours or not.
    restore = await setFeatureFlags(cluster.api, { 'enable-api-fields': 'alpha' });
    space = await createTestNamespace(cluster.api, { prefix: 'wild' });
  });
  after(async () => {
    await restore?.();
    await space?.delete();
    cluster?.close();
  });

  it('all of them, as they are written and with their edits', async () => {
    const ofTasks = [...TASKS.values()].flat().flatMap((row) => [outcomeOfTask(row, false), outcomeOfTask(row, true)]);
    const ofPipelines = [...PIPELINES.values()]
      .flat()
      .flatMap((row) => [outcomeOfPipeline(row, false), outcomeOfPipeline(row, true)]);
    const documents = [...ofTasks, ...ofPipelines].flatMap((outcome) => outcome.documents);
    // Many rows refer to the same Tasks.
    const distinct = [...new Map(documents.map((document) => [JSON.stringify(document), document])).values()];
    expect(distinct).to.have.length.greaterThan(120);
    const refused: string[] = [];
    for (const document of distinct) {
      const answer = await dryRun(document);
      if (answer !== 'created') refused.push(`${document.metadata.name ?? ''}: ${answer}`);
    }
    expect(refused).to.deep.equal([]);
  });

  async function dryRun({ apiVersion, kind, metadata, ...rest }: Document): Promise<string> {
    const path = await cluster.api.pathOf({ apiVersion, kind, namespace: space.name });
    const { status, body } = await cluster.api.connection.send({
      method: 'POST',
      path: `${path}?dryRun=All&fieldValidation=Strict`,
      body: { apiVersion, kind, metadata: { ...metadata, name: metadata.name ?? 'p', namespace: space.name }, ...rest },
    });
    return status === 201 ? 'created' : body;
  }
});
