import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { CacheError } from '../../shared/errors.ts';
import { isOurs } from '../../shared/rewrite/tekton/read/reference.ts';
import type { Pipeline, Task, TaskRef } from '../../shared/rewrite/tekton/tekton.ts';
import { isPipeline, isTask } from '../../shared/rewrite/tekton/read/schema.ts';
import { randomPipelines } from '../rewrite/random-pipelines.ts';
import { richPipelines, taskSpecs } from '../rewrite/rich-tasks.ts';
import { readCases, resolveCase, resolveLate } from '../rewrite/case.ts';
import type { RewriteCase } from '../rewrite/case.ts';
import { openCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';

const CASES = new URL('../rewrite/cases/', import.meta.url);

/** Tekton's strict decoding and its webhook judge every row of the table. */
describe('the webhook of Tekton accepts what is rewritten', () => {
  let cluster: Cluster;
  let space: TestNamespace;
  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'webhook' });
  });
  after(async () => {
    await space.delete();
    cluster.close();
  });

  it('and refuses a Pipeline that is none', async () => {
    const tasks = [{ name: 'a', taskRef: { name: 't' }, runAfter: ['nobody'] }];
    const broken = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec: { tasks } } as const;
    expect(await dryRun(broken)).to.contain('nobody');
  });

  for (const file of readdirSync(CASES).sort()) {
    for (const [name, row] of Object.entries(readCases(new URL(file, CASES)))) {
      if (row.refused === undefined) it(`${file}: ${name}`, async () => await expectAccepted(row));
    }
  }

  for (const resolver of ['cache', 'wrap'] as const) {
    for (const volume of ['emptyDir', 'persistentVolumeClaim'] as const) {
      it(`any Pipeline: ${resolver}, ${volume}`, async () => {
        const asked = fc.asyncProperty(randomPipelines, async (pipeline) => await expectAccepted(row(pipeline)));
        const row = (document: Pipeline): RewriteCase => ({
          about: '',
          resolver,
          params: { pipelineref: 'p', workspaces: 'w', target: 'r/{{workspace}}:end' },
          run: { workspaces: [{ name: 'w', [volume]: volume === 'emptyDir' ? {} : { claimName: 'c' } }] },
          document,
        });
        await fc.assert(asked, { numRuns: 40 });
      });
    }
  }

  const PLACES = { workspaces: 'w,certificates', target: 'r/{{workspace}}:end' };
  const PRESETS = { preset: 'auto', source: 'w', target: 'r/caches' };
  for (const [resolver, params] of [
    ['cache', PLACES] as const,
    ['cache', PRESETS] as const,
    ['wrap', PLACES] as const,
  ]) {
    it(`what comes of a Pipeline that uses all that there is, where it takes that: ${resolver}, ${Object.keys(params)[0]}`, async () => {
      const workspaces = ['w', 'certificates'].map((name) => ({ name, emptyDir: {} }));
      let taken = 0;
      const asked = fc.asyncProperty(richPipelines, taskSpecs, async (document, spec) => {
        const task = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 'build' }, spec };
        if (!isPipeline(document) || !isTask(task)) throw new Error('neither a Pipeline nor a Task');
        for (const one of [document, task]) if ((await dryRun(one)) !== 'created') return;
        taken++;
        const row = { about: '', resolver, params: { pipelineref: 'p', ...params }, run: { workspaces }, document };
        for (const one of rewrittenOf(row, task)) expect(await dryRun(one)).to.equal('created');
      });
      await fc.assert(asked, { numRuns: 40 });
      expect(taken).to.be.greaterThan(10);
    });
  }

  /** With the Tasks of its late references; nothing where we refuse. */
  function rewrittenOf(row: RewriteCase, task: Task): ReturnType<typeof resolveCase>[] {
    try {
      const result = resolveCase(row);
      if (!isPipeline(result)) throw new Error('not a Pipeline');
      const theirs = [...result.spec.tasks, ...(result.spec.finally ?? [])].filter(({ taskRef }) => isLate(taskRef));
      const tasks = Object.fromEntries(theirs.map(({ name }) => [name, task]));
      return [result, ...theirs.map(({ name }) => resolveLate({ ...row, tasks }, result, name).after)];
    } catch (error) {
      if (error instanceof CacheError) return [];
      throw error;
    }
  }

  /** The task that collects refers to no Task. */
  function isLate(ref: TaskRef | undefined): boolean {
    return isOurs(ref?.resolver) && ref?.params?.some(({ name }) => name === 'taskref') === true;
  }

  async function expectAccepted(row: RewriteCase): Promise<void> {
    const result = resolveCase(row);
    const late = isPipeline(result)
      ? Object.keys(row.tasks ?? {}).map((task) => resolveLate(row, result, task).after)
      : [];
    for (const document of [result, ...late]) expect(await dryRun(document)).to.equal('created');
  }

  async function dryRun({ apiVersion, kind, metadata, ...rest }: ReturnType<typeof resolveCase>): Promise<string> {
    const path = await cluster.api.pathOf({ apiVersion, kind, namespace: space.name });
    const body = {
      apiVersion,
      kind,
      metadata: { ...metadata, name: metadata.name ?? 'p', namespace: space.name },
      ...rest,
    };
    const { status, body: answer } = await cluster.api.connection.send({
      method: 'POST',
      path: `${path}?dryRun=All&fieldValidation=Strict`,
      body,
    });
    return status === 201 ? 'created' : answer;
  }
});
