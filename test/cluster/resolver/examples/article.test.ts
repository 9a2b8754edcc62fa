import { expect } from 'chai';
import { paramsOf, SHELL } from '../../../support/product/runs.ts';
import { together } from '../../../support/product/together.ts';
import { isDone, sentence, useResolvers } from '../ground.ts';
import type { Run } from '../ground.ts';

const RUN = { apiVersion: 'tekton.dev/v1beta1', kind: 'PipelineRun' } as const;

/** The PipelineRuns of the article "Caches support in tekton pipelines", in its spelling of 2022; what builds is a stand-in for Go. */
describe("the article's PipelineRuns", function () {
  this.timeout(600_000);
  const ground = useResolvers();

  before(async () => {
    await ground.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'mysa' } });
    await ground.create({
      apiVersion: 'tekton.dev/v1beta1',
      kind: 'Task',
      metadata: { name: 'golang-build' },
      spec: {
        workspaces: [
          { name: 'source' },
          { name: 'cache-go', optional: true, mountPath: '/workspace/.cache' },
          { name: 'cache-gomod', optional: true, mountPath: '/workspace/.mod' },
        ],
        results: [{ name: 'built' }],
        steps: [
          {
            name: 'build',
            image: SHELL,
            workingDir: '$(workspaces.source.path)',
            script: `#!/bin/sh
              for cache in $(workspaces.cache-go.path) $(workspaces.cache-gomod.path); do
                [ -f $cache/made ] && printf 'found ' || printf 'made '
                echo made > $cache/made
              done > $(results.built.path)`,
          },
        ],
      },
    });
    await ground.create({
      apiVersion: 'tekton.dev/v1beta1',
      kind: 'Pipeline',
      metadata: { name: 'build-go-with-optional-cache' },
      spec: {
        params: [{ name: 'git-url' }],
        workspaces: [
          { name: 'shared-workspace' },
          { name: 'go-cache', optional: true },
          { name: 'gomod-cache', optional: true },
        ],
        results: [{ name: 'built', value: '$(tasks.build.results.built)' }],
        tasks: [
          {
            name: 'fetch-repository',
            workspaces: [{ name: 'output', workspace: 'shared-workspace' }],
            params: [{ name: 'url', value: '$(params.git-url)' }],
            taskSpec: {
              params: [{ name: 'url' }],
              workspaces: [{ name: 'output' }],
              steps: [{ image: SHELL, script: 'echo $(params.url) > $(workspaces.output.path)/go.sum' }],
            },
          },
          {
            name: 'build',
            taskRef: { name: 'golang-build' },
            runAfter: ['fetch-repository'],
            workspaces: [
              { name: 'source', workspace: 'shared-workspace' },
              { name: 'cache-go', workspace: 'go-cache' },
              { name: 'cache-gomod', workspace: 'gomod-cache' },
            ],
          },
        ],
      },
    });
  });

  const run = async (name: string, resolver: string, given: Readonly<Record<string, string>>): Promise<Run> => {
    const params = { pipelineref: 'build-go-with-optional-cache', workspaces: 'go-cache,gomod-cache', ...given };
    const shared = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100Mi' } } };
    await ground.create({
      ...RUN,
      metadata: { name },
      spec: {
        serviceAccountName: 'mysa',
        pipelineRef: { resolver, params: paramsOf({ ...params, insecure: 'true' }) },
        params: [{ name: 'git-url', value: 'https://github.com/tektoncd/pipeline' }],
        workspaces: [
          { name: 'shared-workspace', volumeClaimTemplate: { spec: shared } },
          { name: 'go-cache', emptyDir: {} },
          { name: 'gomod-cache', emptyDir: {} },
        ],
      },
    });
    const { space, product } = ground;
    return await product.cluster.api.waitFor<Run>({ ...RUN, name, namespace: space.name }, isDone, 300_000);
  };
  const built = ({ status }: Run): string | undefined => {
    const results: unknown = Reflect.get(status ?? {}, 'pipelineResults');
    return Array.isArray(results) ? String(results[0].value).trim() : undefined;
  };

  together({
    'keep both caches under the hash of go.sum: `resolver: cache`': async () => {
      const { product, space } = ground;
      const target = `${product.registry}/${space.name}/cache/{{workspace}}:{{hash}}`;
      for (const expected of ['made made', 'found found']) {
        const done = await run(`cache-${expected.slice(0, 4)}`, 'cache', { files: '**/go.sum', target });
        expect(built(done), sentence(done)).to.equal(expected);
      }
    },
    'keep both caches under a name of their namespace, which need not exist: `resolver: wrap`': async () => {
      const { product } = ground;
      const target = `${product.registry}/pipelinerun-$(context.pipelineRun.namespace)-{{workspace}}:latest`;
      for (const expected of ['made made', 'found found']) {
        const done = await run(`wrap-${expected.slice(0, 4)}`, 'wrap', { target, base: target });
        expect(built(done), sentence(done)).to.equal(expected);
      }
    },
  });
});
