import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { inRegistry, REGISTRY_HOST as HOST } from '../../support/product/registry/registry-installation.ts';
import { cacheTask, claim, paramsOf, resultsOf, SHELL, shellTask } from '../../support/product/runs.ts';
import { stamped } from '../../support/product/stamps.ts';
import type { Scenario } from '../../support/product/together.ts';
import type { ResolverGround } from '../resolver/ground.ts';
import { sentence } from '../resolver/ground.ts';

const FORK = stamped('pull_request', 'https://git/stranger/app', { 'pull-request': '7' });

interface Pod extends KubeObject {
  readonly spec: { readonly volumes?: readonly object[]; readonly containers: readonly { readonly name: string }[] };
  readonly status?: { readonly podIP?: string };
}

/** What a namespace has that nobody has prepared: no secret. What a run says: no target. An outage would fail the runs here. */
export const installation = (ground: ResolverGround): Readonly<Record<string, Scenario>> => {
  const podsOf = async (selector: string): Promise<readonly Pod[]> =>
    await ground.product.cluster.api.list<Pod>(
      { apiVersion: 'v1', kind: 'Pod', namespace: ground.space.name },
      selector,
    );

  return {
    'keeps the caches of custom tasks that name no target, and gives them back': async () => {
      const { runs, space } = ground;
      const results = ['fetch-hit', 'upload-uploaded', 'upload-target', 'fetch-reason', 'upload-reason'];
      const run = async (name: string, caches: string): Promise<Readonly<Record<string, string>>> => {
        await runs.createPipelineRun(name, {
          workspaces: { code: { persistentVolumeClaim: { claimName: 'code' } }, modules: claim(caches) },
          tasks: [
            shellTask('checkout', 'echo lock > $(workspaces.code.path)/go.sum', { workspaces: ['code'] }),
            cacheTask('fetch', 'CacheFetch', {
              params: { files: 'go.sum', 'on-error': 'fail' },
              workspaces: { source: 'code', modules: 'modules' },
              runAfter: ['checkout'],
            }),
            shellTask('build', 'cd $(workspaces.modules.path) && [ -e built ] || echo content > built', {
              workspaces: ['modules'],
              runAfter: ['fetch'],
            }),
            cacheTask('upload', 'CacheUpload', {
              params: { hash: '$(tasks.fetch.results.hash)', 'on-error': 'fail' },
              workspaces: { modules: 'modules' },
              runAfter: ['build'],
            }),
          ],
          results: Object.fromEntries(
            results.map((result) => {
              const [task = '', value = ''] = result.split('-');
              return [result, `$(tasks.${task}.results.${value})`];
            }),
          ),
        });
        const ended = await runs.pipelineRun(name, undefined, 300_000);
        expect(sentence(ended)).to.match(/Completed: 4 .Failed: 0/);
        return resultsOf(ended);
      };
      for (const name of ['code', 'cold', 'warm']) await space.createClaim(name);
      expect(await run('cold', 'cold')).to.include({ 'fetch-hit': 'false', 'upload-uploaded': 'true' });
      const warm = await run('warm', 'warm');
      expect(warm).to.include({ 'fetch-reason': 'exact', 'fetch-hit': 'true', 'upload-reason': 'unchanged' });
      expect(warm['upload-target']).to.match(new RegExp(`^${HOST}/${space.name}/modules:[0-9a-f]{64}$`));

      const [pod] = await podsOf('app.kubernetes.io/managed-by=tekton-cache,tekton.dev/customRun=warm-fetch');
      const volumes = JSON.stringify(pod?.spec.volumes);
      expect(volumes).to.include('"audience":"tekton-cache"').and.not.include('"secret"');
      const log = await ground.product.cluster.api.podLog(space.name, pod?.metadata.name ?? '', 'cache');
      expect(log).to.not.match(/eyJ/);
    },
    'keeps what a preset caches, by one word': async () => {
      const { space } = ground;
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'go-build' },
        spec: {
          workspaces: [{ name: 'source' }],
          steps: [
            {
              name: 'build',
              image: SHELL,
              workingDir: '$(workspaces.source.path)',
              // What `go build` does with the directory that the preset gives it, without a download.
              script:
                '#!/bin/sh\nset -e\n[ -e "$GOMODCACHE/mod" ] && echo warm || { echo cold; mkdir -p "$GOMODCACHE"; echo x > "$GOMODCACHE/mod"; }',
            },
          ],
        },
      });
      await ground.pipeline('build', [
        shellTask('checkout', 'cd $(workspaces.w.path) && echo "module x" > go.mod && echo sum > go.sum', {
          workspaces: ['w'],
        }),
        {
          name: 'build',
          taskRef: { name: 'go-build' },
          runAfter: ['checkout'],
          workspaces: [{ name: 'source', workspace: 'w' }],
        },
      ]);
      await space.createClaim('sources');
      const build = async (name: string): Promise<string> => {
        const params = paramsOf({ pipelineref: 'build', preset: 'go', 'on-error': 'fail' });
        const workspaces = [{ name: 'w', ...claim('sources') }];
        const run = await ground.run({ resolver: 'cache', params }, workspaces, {}, { name });
        expect(sentence(run)).to.match(/Completed: 2 .Failed: 0/);
        const [pod] = await podsOf(`tekton.dev/pipelineRun=${name},tekton.dev/pipelineTask=build`);
        return (await ground.product.cluster.api.podLog(space.name, pod?.metadata.name ?? '', 'step-build')).trim();
      };
      expect(await build('go-cold')).to.equal('cold');
      expect(await build('go-warm')).to.equal('warm');
    },
    'says who wrote what it keeps, and verified fetches believe nothing else, whoever has put it there': async () => {
      const { runs, space } = ground;
      const [own, forks, poisoned] = [
        `${space.name}/own`,
        `${space.name}/untrusted/app/7/deps`,
        `${space.name}/poisoned`,
      ];
      const write = async (name: string, repository: string, annotations = {}): Promise<void> => {
        await space.createClaim(name);
        const tasks = [
          shellTask('make', `echo ${name} > $(workspaces.w.path)/made`, { workspaces: ['w'] }),
          cacheTask('upload', 'CacheUpload', {
            params: { target: `${HOST}/${repository}:v1`, 'on-error': 'fail' },
            workspaces: { w: 'w' },
            runAfter: ['make'],
          }),
        ];
        const value = { uri: '$(tasks.upload.results.target)', digest: '$(tasks.upload.results.digest)' };
        // A type hint of Tekton Chains.
        const results = [{ name: 'cache_ARTIFACT_OUTPUTS', type: 'object', value }];
        await ground.create({
          apiVersion: 'tekton.dev/v1',
          kind: 'PipelineRun',
          metadata: { name, annotations },
          spec: {
            workspaces: [{ name: 'w', ...claim(name) }],
            pipelineSpec: { workspaces: [{ name: 'w' }], tasks, results },
          },
        });
      };
      await Promise.all([write('written', own), write('forked', forks, FORK)]);
      for (const [name, repository] of [
        ['written', own],
        ['forked', forks],
      ] as const) {
        const ended = await runs.pipelineRun(name, undefined, 300_000);
        expect(sentence(ended)).to.match(/Completed: 2 .Failed: 0/);
        const hint = JSON.stringify(ended.status?.results);
        expect(hint)
          .to.contain(`"uri":"${HOST}/${repository}:v1"`)
          .and.match(/"digest":"sha256:[0-9a-f]{64}"/);
      }
      // The hand of an operator in the registry's storage: a repository with all its tags, statements included.
      const repositories = '/var/lib/registry/docker/registry/v2/repositories';
      await inRegistry(ground.product.cluster, `cp -a ${repositories}/${forks} ${repositories}/${poisoned}`);

      const fetches = { own: [own, 'require'], copied: [poisoned, 'require'], unverified: [poisoned, 'off'] } as const;
      for (const name of Object.keys(fetches)) await space.createClaim(name);
      await runs.createPipelineRun('read', {
        workspaces: Object.fromEntries(Object.keys(fetches).map((name) => [name, claim(name)])),
        tasks: Object.entries(fetches).map(([name, [repository, verify]]) =>
          cacheTask(name, 'CacheFetch', {
            params: { target: `${HOST}/${repository}:v1`, verify },
            workspaces: { [name]: name },
          }),
        ),
        results: Object.fromEntries(Object.keys(fetches).map((name) => [name, `$(tasks.${name}.results.reason)`])),
      });
      const read = await runs.pipelineRun('read', undefined, 300_000);
      expect(resultsOf(read)).to.deep.equal({ own: 'exact', copied: 'unverified', unverified: 'exact' });
    },
    'tells its housekeeper what it holds': async () => {
      const { api } = ground.product.cluster;
      const pods = { apiVersion: 'v1', kind: 'Pod', namespace: 'tekton-cache' };
      const count = async (): Promise<string | undefined> => {
        const [pod] = await api.list<Pod>(pods, 'app.kubernetes.io/name=tekton-cache-storage');
        const metrics = await fetch(`http://${pod?.status?.podIP}:8080/metrics`);
        return /^tekton_cache_storage_entries ([1-9]\d*)$/m.exec(await metrics.text())?.[1];
      };
      const stored = await until('the housekeeper to count the entry', 300_000, count, 500);
      expect(Number(stored)).to.be.greaterThan(0);
    },
  };
};
