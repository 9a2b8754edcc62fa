import { expect } from 'chai';

import type { KubeObject } from '../../support/kube/kube-api.ts';
import { REGISTRY_HOST as HOST } from '../../support/product/registry/registry-installation.ts';
import { cacheTask, claim, paramsOf, resultsOf, shellTask } from '../../support/product/runs.ts';
import { stamped } from '../../support/product/stamps.ts';
import type { Scenario } from '../../support/product/together.ts';
import type { ResolverGround } from '../resolver/ground.ts';
import { EMPTY_DIR, sentence, uses } from '../resolver/ground.ts';

const STAMPS = {
  main: stamped('push', 'https://git/org/app'),
  fork7: stamped('pull_request', 'https://git/stranger/app', { 'pull-request': '7' }),
  fork8: stamped('pull_request', 'https://git/other/app', { 'pull-request': '8' }),
  release: stamped('push', 'https://git/org/app', { branch: 'refs/tags/v1' }),
} as const;

/** Of the installation that these runs need: which of them are releases. */
export const POLICY = '[{trust: release, match: {events: [push], branches: [refs/tags/*]}}]';

/** The same pipeline without target and secret, each time: an outage, or a refusal, would fail it. */
export const scopedRuns = (ground: ResolverGround): Readonly<Record<string, Scenario>> => {
  /** Who made what it read, and where; where it wrote. */
  const build = async (who: keyof typeof STAMPS, turn: number): Promise<readonly (string | undefined)[]> => {
    const { runs, space } = ground;
    const name = `${who}-${turn}`;
    await space.createClaim(name);
    const strict = { 'on-error': 'fail' };
    await runs.createPipelineRun(name, {
      annotations: STAMPS[who],
      workspaces: { code: claim('code'), deps: claim(name) },
      tasks: [
        shellTask('checkout', 'echo lock > $(workspaces.code.path)/go.sum', { workspaces: ['code'] }),
        cacheTask('fetch', 'CacheFetch', {
          params: { files: 'go.sum', ...strict },
          workspaces: { source: 'code', deps: 'deps' },
          runAfter: ['checkout'],
        }),
        shellTask(
          'build',
          'cd $(workspaces.deps.path) && { cat by || printf nobody; } > $(results.by.path) && printf $(context.pipelineRun.name) > by',
          { workspaces: ['deps'], results: ['by'], runAfter: ['fetch'] },
        ),
        cacheTask('upload', 'CacheUpload', {
          params: { hash: '$(tasks.fetch.results.hash)', ...strict },
          workspaces: { deps: 'deps' },
          runAfter: ['build'],
        }),
      ],
      results: {
        by: '$(tasks.build.results.by)',
        reason: '$(tasks.fetch.results.reason)',
        read: '$(tasks.fetch.results.target)',
        wrote: '$(tasks.upload.results.target)',
      },
    });
    const ended = await runs.pipelineRun(name, undefined, 300_000);
    expect(sentence(ended)).to.match(/Completed: 4 .Failed: 0/);
    const { by, reason, read, wrote } = resultsOf(ended);
    const place = (target = ''): string => target.replace(`${HOST}/${space.name}/`, '').replace(/:[0-9a-f]{64}$/, '');
    return [name, `${reason} ${place(read)}`, by, place(wrote)];
  };
  const builds = async (turn: number, ...whose: readonly (keyof typeof STAMPS)[]) =>
    await Promise.all(whose.map(async (who) => await build(who, turn)));

  return {
    'a pull request of a fork reads what main wrote and then its own; main, others and releases never see that':
      async () => {
        await ground.space.createClaim('code');
        const [own7, own8] = ['untrusted/app/7/deps', 'untrusted/app/8/deps'];
        // Which run; what it read, and who had made that; where it wrote.
        expect(await builds(1, 'main')).to.deep.equal([['main-1', 'not-found deps', 'nobody', 'deps']]);
        expect(await builds(1, 'fork7', 'fork8', 'release')).to.deep.equal([
          ['fork7-1', 'exact deps', 'main-1', own7],
          ['fork8-1', 'exact deps', 'main-1', own8],
          ['release-1', 'not-found release/deps', 'nobody', 'release/deps'],
        ]);
        expect(await builds(2, 'main', 'fork7', 'fork8', 'release')).to.deep.equal([
          ['main-2', 'exact deps', 'main-1', 'deps'],
          ['fork7-2', `exact ${own7}`, 'fork7-1', own7],
          ['fork8-2', `exact ${own8}`, 'fork8-1', own8],
          ['release-2', 'exact release/deps', 'release-1', 'release/deps'],
        ]);
      },
    'a pull request of a fork has a place for what its tasks hand to each other, of that run alone': async () => {
      const { space } = ground;
      await ground.pipeline('handing', [
        uses('first', 'echo first > first'),
        uses('left', 'cat first && echo left > left', { runAfter: ['first'] }),
        uses('right', 'cat first && echo right > right', { runAfter: ['first'] }),
        uses('last', 'cat first left right', { runAfter: ['left', 'right'] }),
      ]);
      const target = `${HOST}/${space.name}/handed:end`;
      const params = paramsOf({ pipelineref: 'handing', workspaces: 'w', target });
      const ended = await ground.run(
        { resolver: 'wrap', params },
        EMPTY_DIR,
        {},
        { name: 'handing', annotations: STAMPS.fork7 },
      );
      expect(sentence(ended)).to.match(/Completed: 4 .Failed: 0/, sentence(ended));
      const own = `${HOST}/${space.name}/runs/${ended.metadata.uid}/handed`;
      // The step of a resolver has one result; its log ends with all of them.
      const logOf = async (task: string, step: string): Promise<string> => {
        const { api } = ground.product.cluster;
        const name = { apiVersion: 'v1', kind: 'Pod', namespace: space.name };
        const [pod] = await api.list<KubeObject>(
          name,
          `tekton.dev/pipelineRun=handing,tekton.dev/pipelineTask=${task}`,
        );
        return await api.podLog(space.name, pod?.metadata.name ?? '', `step-${step}`);
      };
      expect(await logOf('left', 'cache-fetch')).to.contain(`hit (exact) ${own}:x-`);
      expect(await logOf('right', 'cache-upload')).to.contain(`uploaded (pushed) ${own}:x-`);
      expect(await logOf('last', 'cache-upload')).to.contain(
        `uploaded (pushed) ${HOST}/${space.name}/untrusted/app/7/handed:end`,
      );
    },
  };
};
