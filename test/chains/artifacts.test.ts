/** Artifacts of real runs, as Tekton Chains reads them by its own code; the type hints are those of docs/provenance.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { runCommand } from '../support/command.ts';
import type { KubeObject } from '../support/kube/kube-api.ts';
import { patient } from '../support/patience.ts';
import { toolSet } from '../support/prerequisites/go-tools.ts';
import { cacheStep, installStepActions, shellStep, stepResults } from '../support/product/task-runs.ts';
import type { TaskRun } from '../support/product/task-runs.ts';
import { cacheTask, resultsOf, shellTask } from '../support/product/runs.ts';
import type { Run } from '../support/product/runs.ts';
import { useProduct } from '../cluster/cache-run/ground.ts';

const BUILD_MS = 1_800_000;
const RUN_MS = 180_000;
const TEKTON = 'tekton.dev/v1';

describe('Tekton Chains', () => {
  const ground = useProduct({ prefix: 'chains' });
  let program: string;

  before(async function () {
    this.timeout(BUILD_MS);
    program = join(await toolSet('chains', (line) => void process.stderr.write(`${line}\n`)), 'chains');
    const { product, space } = ground;
    await installStepActions(product.cluster.api, space.name, product.image);
  });

  /** `URI@ALGORITHM:HEX` of each artifact that it finds. */
  const artifactsOf = async (run: KubeObject, kind: string): Promise<readonly string[]> => {
    const input = JSON.stringify({ ...run, apiVersion: TEKTON, kind });
    return (await runCommand(program, [], { input })).split('\n').filter((line) => line !== '');
  };
  const targetOf = (name: string): string => `${ground.product.registry}/${ground.space.name}/${name}:v1`;

  it('finds what a custom task and a step have uploaded, and nothing where there was nothing to upload', async function () {
    this.timeout(patient(2 * RUN_MS));
    const { product, runs, space } = ground;
    const { api } = product.cluster;
    const [ofPipeline, ofTask] = await hintsIn('docs/provenance.md');
    await space.createClaim('work');
    const stepTask = (name: string, script: string): object => ({
      name,
      runAfter: ['upload'],
      taskSpec: {
        workspaces: [{ name: 'made' }],
        results: ofTask,
        steps: [
          shellStep('make', script),
          cacheStep('cache-upload', 'cache-upload', {
            target: targetOf(name),
            insecure: 'true',
            caches: 'made=$(workspaces.made.path)',
          }),
        ],
      },
      workspaces: [{ name: 'made', workspace: 'scratch' }],
    });
    const tasks = [
      shellTask('make', 'echo made > $(workspaces.work.path)/file', { workspaces: ['work'] }),
      cacheTask('upload', 'CacheUpload', {
        params: { target: targetOf('custom'), insecure: 'true' },
        workspaces: { work: 'work' },
        runAfter: ['make'],
      }),
      stepTask('step', 'echo made > $(workspaces.made.path)/file'),
      stepTask('empty', 'true'),
    ];
    await api.create({
      apiVersion: TEKTON,
      kind: 'PipelineRun',
      metadata: { name: 'run', namespace: space.name },
      spec: {
        workspaces: [
          { name: 'work', persistentVolumeClaim: { claimName: 'work' } },
          { name: 'scratch', emptyDir: {} },
        ],
        pipelineSpec: { workspaces: [{ name: 'work' }, { name: 'scratch' }], tasks, results: ofPipeline },
      },
    });
    const run = await runs.pipelineRun('run', undefined, RUN_MS);
    const custom = resultsOf(await api.get<Run>(child('CustomRun', 'run-upload', space.name)));
    expect(custom).to.include({ reason: 'pushed' });
    expect(await artifactsOf(run, 'PipelineRun')).to.deep.equal([`${targetOf('custom')}@${custom['digest']}`]);

    const step = await api.get<TaskRun>(child('TaskRun', 'run-step', space.name));
    const { reason, digest } = stepResults(step, 'cache-upload');
    expect(reason).to.equal('pushed');
    expect(await artifactsOf(step, 'TaskRun')).to.deep.equal([`${targetOf('step')}@${digest}`]);

    const empty = await api.get<TaskRun>(child('TaskRun', 'run-empty', space.name));
    expect(stepResults(empty, 'cache-upload')).to.include({ reason: 'empty' });
    expect(await artifactsOf(empty, 'TaskRun')).to.deep.equal([]);
  });
});

function child(kind: 'CustomRun' | 'TaskRun', name: string, namespace: string) {
  return { apiVersion: kind === 'TaskRun' ? TEKTON : 'tekton.dev/v1beta1', kind, namespace, name };
}

/** The results that the page tells people to declare: of a Pipeline, and of a Task. */
async function hintsIn(page: string): Promise<readonly (readonly object[])[]> {
  const text = await readFile(join(import.meta.dirname, '..', '..', page), 'utf8');
  const section = text.slice(text.indexOf('## With Tekton Chains'));
  const blocks = [...section.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => parse(yaml) as Hints);
  expect(blocks).to.have.length(2);
  return blocks.map(({ results }) => results);
}

interface Hints {
  readonly results: readonly object[];
}
