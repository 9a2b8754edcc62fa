/** What a reader copies from the docs and the samples, and applies. */
import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { isObject } from '../../shared/rewrite/json/json.ts';
import type { JsonObject } from '../../shared/rewrite/json/json.ts';
import { openCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGES = ['README.md', 'docs/*.md', 'samples/**/*.md', 'samples/**/*.yaml', 'samples/*/.tekton/*.yaml'];

/** Not those of cert-manager and the like, which the cluster does not have. */
const SERVED = /^(?:v1|tekton\.dev\/\w+|networking\.k8s\.io\/v1)$/;

interface Example {
  /** Where it is: the page, and the line that it begins in. */
  readonly place: string;
  readonly object: JsonObject;
}

describe('the API server and the webhook of Tekton accept the examples of docs and samples', () => {
  const examples = globSync(PAGES, { cwd: ROOT.pathname }).toSorted().flatMap(examplesOf);
  let cluster: Cluster;
  let space: TestNamespace;
  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'docs' });
  });
  after(async () => {
    await space?.delete();
    cluster?.close();
  });

  it('of which there are many', () => expect(examples).to.have.length.greaterThan(60));

  for (const { place, object } of examples) {
    it(`${place}: ${String(object['kind'])}`, async () => {
      const { apiVersion, kind, metadata, ...rest } = object;
      const named = { ...(isObject(metadata) ? metadata : {}), namespace: space.name };
      const path = await cluster.api.pathOf({
        apiVersion: String(apiVersion),
        kind: String(kind),
        namespace: space.name,
      });
      const { status, body } = await cluster.api.connection.send({
        method: 'POST',
        path: `${path}?dryRun=All&fieldValidation=Strict`,
        body: { apiVersion, kind, metadata: named, ...rest },
      });
      expect(status, body).to.equal(201);
    });
  }
});

/** Objects of Kubernetes and of Tekton, written out or as the part of one that a reader puts into their own. */
function examplesOf(page: string): Example[] {
  const text = readFileSync(new URL(page, ROOT), 'utf8');
  if (page.endsWith('.yaml')) return objectsIn(text).map((object) => ({ place: page, object }));
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(({ 1: block = '', index }) => {
    const line = text.slice(0, index).split('\n').length;
    return objectsIn(block).map((object) => ({ place: `${page}:${line}`, object }));
  });
}

function objectsIn(text: string): JsonObject[] {
  return parseAllDocuments(text, { version: '1.1', merge: true })
    .map((document): unknown => document.toJS())
    .filter(isObject)
    .flatMap(completed);
}

function completed(value: JsonObject): readonly JsonObject[] {
  const { apiVersion, pipelineRef, steps } = value;
  const rest = { apiVersion: 'tekton.dev/v1', metadata: { name: 'example' }, spec: value };
  if (typeof apiVersion === 'string') return SERVED.test(apiVersion) ? [value] : [];
  if (pipelineRef !== undefined) return [{ kind: 'PipelineRun', ...rest }];
  return steps === undefined ? [] : [{ kind: 'Task', ...rest }];
}
