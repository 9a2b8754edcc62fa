import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { CacheError } from '../../../shared/errors.ts';
import { isJson, isObject } from '../../../shared/rewrite/json.ts';
import type { JsonObject } from '../../../shared/rewrite/json.ts';
import { resolve } from '../../../shared/rewrite/resolve.ts';
import { isRun } from '../../../shared/rewrite/schema.ts';
import type { Run } from '../../../shared/rewrite/tekton.ts';
import { SETTINGS } from '../../rewrite/case.ts';
import { openCluster } from '../../support/cluster/cluster.ts';
import type { Cluster } from '../../support/cluster/cluster.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../../support/cluster/test-namespace.ts';
import { runCommand } from '../../support/command.ts';

const LIST = new URL('../../rewrite/tekton-examples.yaml', import.meta.url);
const VOLUMES = ['emptyDir', 'persistentVolumeClaim', 'volumeClaimTemplate'];

interface Example {
  readonly name: string;
  readonly run: Run;
  readonly pipeline: JsonObject;
  readonly workspaces: readonly string[];
}

/** Tekton's own examples, each rewritten by each resolver, as it is and on emptyDirs. */
describe("the webhook accepts Tekton's examples rewritten", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let space: TestNamespace;
  let examples: readonly Example[];
  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'examples' });
    const directory = await runCommand('go', [
      'list',
      '-C',
      'test/tools/tekton',
      '-m',
      '-f',
      '{{.Dir}}',
      'github.com/tektoncd/pipeline',
    ]);
    const files = parse(readFileSync(LIST, 'utf8')) as readonly string[];
    examples = files.flatMap((file) => readExamples(file, readFileSync(join(directory.trim(), file), 'utf8')));
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

/** The runs in a file with the Pipelines that they embed, or refer to by name. */
function readExamples(file: string, text: string): Example[] {
  const documents = parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((one) => isObject(one) && isJson(one));
  return documents.flatMap((document) => {
    if (!isObject(document) || document['kind'] !== 'PipelineRun') return [];
    const run = withNames(document);
    if (!isRun(run)) return [];
    const { pipelineSpec, pipelineRef } = run.spec;
    const named = documents.find(
      (one) =>
        isObject(one) &&
        one['kind'] === 'Pipeline' &&
        isObject(one['metadata']) &&
        isObject(pipelineRef) &&
        one['metadata']['name'] === pipelineRef['name'],
    );
    const embedded: JsonObject = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'p' },
      spec: isObject(pipelineSpec) ? lifted(pipelineSpec, run) : undefined,
    };
    const pipeline = isObject(pipelineSpec) ? embedded : named;
    if (!isObject(pipeline)) return [];
    const workspaces = (run.spec.workspaces ?? [])
      .filter((binding) => VOLUMES.some((volume) => binding[volume] !== undefined))
      .map(({ name }) => name);
    return workspaces.length === 0 ? [] : [{ name: file, run, pipeline, workspaces }];
  });
}

/** A Pipeline has to declare what an embedded spec gets from its run. */
function lifted(spec: JsonObject, run: Run): JsonObject {
  const { params, workspaces } = spec;
  const missing = <T extends { readonly name: string }>(declared: unknown, given: readonly T[] = []): T[] =>
    given.filter(
      ({ name }) => !(Array.isArray(declared) ? declared : []).some((one) => isObject(one) && one['name'] === name),
    );
  const newParams = missing(params, run.spec.params).map(({ name, value }) => ({
    name,
    type: Array.isArray(value) ? 'array' : 'string',
  }));
  const newWorkspaces = missing(workspaces, run.spec.workspaces).map(({ name }) => ({ name }));
  return {
    ...spec,
    params: [...(Array.isArray(params) ? params : []), ...newParams],
    workspaces: [...(Array.isArray(workspaces) ? workspaces : []), ...newWorkspaces],
  };
}

function withNames(document: JsonObject): JsonObject {
  return { ...document, metadata: { name: 'run', namespace: 'ns', uid: 'uid' } };
}

function onEmptyDirs(run: Run): Run {
  const workspaces = (run.spec.workspaces ?? []).map((binding) => {
    const { name } = binding;
    const isVolume = VOLUMES.some((volume) => binding[volume] !== undefined);
    return isVolume ? { name, emptyDir: {} } : binding;
  });
  return { ...run, spec: { ...run.spec, workspaces } };
}
