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
  readonly apiVersion: string;
  readonly kind: string;
  readonly rest: JsonObject;
}

/** By where it is: the page, and the line in which its block begins. */
type Placed = readonly [place: string, example: Example];

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

  for (const [place, { apiVersion, kind, rest }] of examples) {
    it(`${place}: ${kind}`, async () => {
      const { metadata, ...fields } = rest;
      const path = await cluster.api.pathOf({ apiVersion, kind, namespace: space.name });
      const named = { ...(isObject(metadata) ? metadata : {}), namespace: space.name };
      const { status, body } = await cluster.api.connection.send({
        method: 'POST',
        path: `${path}?dryRun=All&fieldValidation=Strict`,
        body: { apiVersion, kind, metadata: named, ...fields },
      });
      expect(status, body).to.equal(201);
    });
  }
});

/** Objects of Kubernetes and of Tekton, written out or as the part of one that a reader puts into their own. */
function examplesOf(page: string): Placed[] {
  const text = readFileSync(new URL(page, ROOT), 'utf8');
  if (page.endsWith('.yaml')) return objectsIn(text).map((example) => [page, example]);
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(({ 1: block = '', index }) => {
    const line = text.slice(0, index).split('\n').length;
    return objectsIn(block).map((example): Placed => [`${page}:${line}`, example]);
  });
}

function objectsIn(text: string): Example[] {
  return parseAllDocuments(text, { version: '1.1', merge: true })
    .map((document): unknown => document.toJS())
    .filter(isObject)
    .flatMap(completed);
}

function completed(value: JsonObject): readonly Example[] {
  const { apiVersion, kind, ...rest } = value;
  if (typeof apiVersion === 'string' && typeof kind === 'string') {
    return SERVED.test(apiVersion) ? [{ apiVersion, kind, rest }] : [];
  }
  const ours = { apiVersion: 'tekton.dev/v1', rest: { metadata: { name: 'example' }, spec: value } };
  if (value['pipelineRef'] !== undefined) return [{ kind: 'PipelineRun', ...ours }];
  return value['steps'] === undefined ? [] : [{ kind: 'Task', ...ours }];
}
