import { expect } from 'chai';
import { until } from '../../../support/deadline.ts';
import { provideSampleImage } from '../../../support/image/sample-images.ts';
import type { KubeObject } from '../../../support/kube/kube-api.ts';
import { downloadsOfRun } from '../../../support/product/run-downloads.ts';
import { reportOfRun } from '../../../support/product/run-report.ts';
import { paramsOf, SHELL } from '../../../support/product/runs.ts';
import { together } from '../../../support/product/together.ts';
import { sentence, useResolvers } from '../ground.ts';

/** It imports little: a cold build compiles the standard library, as far as it is imported. */
const MODULE = 'github.com/pkg/errors';
const SUMS = [
  `${MODULE} v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=`,
  `${MODULE} v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=`,
].join('\n');

/** The article's Pipeline and Task, without any trace of caching. */
describe('Tasks that know of no cache', function () {
  this.timeout(600_000);
  const ground = useResolvers();
  let golang: string;

  before(async () => {
    golang = await provideSampleImage('golang', ground.product.cluster.state.registry.host);
    const task = (name: string, workspace: string, step: object): Promise<void> =>
      ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name },
        spec: { workspaces: [{ name: workspace }], steps: [step] },
      });
    await task('git-clone', 'output', {
      name: 'clone',
      image: SHELL,
      workingDir: '$(workspaces.output.path)',
      script: `#!/bin/sh
        set -e
        printf 'module example.com/app\\n\\ngo 1.21\\n\\nrequire ${MODULE} v0.9.1\\n' > go.mod
        printf '${SUMS.replaceAll('\n', '\\n')}\\n' > go.sum
        printf 'package main\\nimport ("fmt"; "${MODULE}")\\nfunc main() { fmt.Println(errors.New("built")) }\\n' > main.go`,
    });
    await task('golang-build', 'source', {
      name: 'build',
      image: golang,
      workingDir: '$(workspaces.source.path)',
      script:
        '#!/bin/sh\nset -e\ngo build -x -o /tmp/app . > /tmp/log 2>&1 || { cat /tmp/log; exit 1; }\ngrep -c "/compile " /tmp/log || true\n/tmp/app\nprintf "without an end of the line"',
    });
    await ground.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'build-go' },
      spec: {
        workspaces: [{ name: 'shared-workspace' }],
        tasks: [
          {
            name: 'fetch-repository',
            taskRef: { name: 'git-clone' },
            workspaces: [{ name: 'output', workspace: 'shared-workspace' }],
          },
          {
            name: 'build',
            taskRef: { name: 'golang-build' },
            runAfter: ['fetch-repository'],
            workspaces: [{ name: 'source', workspace: 'shared-workspace' }],
          },
        ],
      },
    });
  });

  /** How many packages the run downloaded, how many the build compiled, and what is reported of its caches. */
  async function build(
    name: string,
    preset: string,
  ): Promise<{ downloads: number; compiled: number; steps: string[]; report: string[][] }> {
    const { product, space } = ground;
    const { api, local } = product.cluster;
    const params = {
      pipelineref: 'build-go',
      preset,
      target: `${product.registry}/${space.name}/${preset}`,
      insecure: 'true',
    };
    const done = await ground.run(
      { resolver: 'cache', params: paramsOf(params) },
      [
        {
          name: 'shared-workspace',
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100Mi' } } },
          },
        },
      ],
      { taskRunTemplate: { podTemplate: { env: [{ name: 'GOPROXY', value: `${local.mirror}/go` }] } } },
      { name },
    );
    expect(sentence(done)).to.match(/Completed: 2 .Failed: 0/);
    const [pod] = await api.list<KubeObject>(
      { apiVersion: 'v1', kind: 'Pod', namespace: space.name },
      `tekton.dev/pipelineRun=${name},tekton.dev/pipelineTask=build`,
    );
    const log = await api.podLog(space.name, pod?.metadata.name ?? '', 'step-build');
    const taskRuns = await api.list<KubeObject & { status?: { steps?: { name: string }[] } }>(
      { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace: space.name },
      `tekton.dev/pipelineRun=${name}`,
    );
    const steps = taskRuns.flatMap(({ status }) => (status?.steps ?? []).map((step) => step.name));
    return {
      downloads: await downloadsOfRun(product.cluster, done),
      compiled: Number(log.trim().split('\n')[0]),
      steps,
      report: await reportOfRun(product.cluster, space.name, name),
    };
  }

  const outcomes = (report: readonly string[][]): string[] =>
    report.slice(1, 5).map(([, by, cache, outcome, reason]) => `${by} ${cache}: ${outcome} ${reason}`);

  const coldAndWarm = async (preset: string): Promise<void> => {
    const cold = await build(`cold-${preset}`, preset);
    expect(cold.steps.toSorted()).to.deep.equal(['build', 'cache-fetch', 'cache-upload', 'clone']);
    expect(cold.downloads).to.be.greaterThan(0);
    expect(cold.compiled).to.be.greaterThan(1);
    const warm = await build(`warm-${preset}`, preset);
    expect(warm).to.include({ downloads: 0, compiled: 0 });
    expect(outcomes(cold.report)).to.deep.equal([
      'cache-fetch go-downloads: miss not-found',
      'cache-fetch go-build: miss not-found',
      'cache-upload go-downloads: uploaded pushed',
      'cache-upload go-build: uploaded pushed',
    ]);
    expect(outcomes(warm.report).slice(0, 2)).to.deep.equal([
      'cache-fetch go-downloads: hit exact',
      'cache-fetch go-build: hit exact',
    ]);
    const { registry } = ground.product;
    for (const [, , cache, , , , size, received, , target] of warm.report.slice(1, 3)) {
      expect(size).to.match(/^[1-9].* [kM]?B$/);
      expect(received).to.match(/^[1-9].* [kM]?B$/);
      expect(target).to.include(`${registry}/${ground.space.name}/${preset}:${cache}-linux-`);
    }
    expect(warm.report.flat().join('\n')).to.match(/^Fetches: 2 hit; .* restored from .* received\.$/m);
    await expectCounted(`warm-${preset}`);
  };

  /** The controller finds the TaskRuns of what it has rewritten, and counts what their steps came to. */
  const expectCounted = async (name: string): Promise<void> => {
    const { product, space } = ground;
    const taskRuns = await product.cluster.api.list<KubeObject>(
      { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', namespace: space.name },
      `tekton.dev/pipelineRun=${name},cache.tekton.dev/steps=cache`,
    );
    expect(taskRuns).to.have.length(2);
    const hits = /^tekton_cache_steps_total\{resolver="cache",verb="fetch",outcome="hit",reason="exact"\} [1-9]/m;
    await until('a hit to be counted', 30_000, async () => hits.test(await product.controller.metrics()));
  };

  together({
    'download and compile nothing when they run again, by `preset: go` alone': async () => await coldAndWarm('go'),
    'download and compile nothing when they run again, by `preset: auto` alone': async () => await coldAndWarm('auto'),
  });
});
