import { expect } from 'chai';
import { paramsOf, SHELL } from '../../../support/product/runs.ts';
import { together } from '../../../support/product/together.ts';
import { reason, result, sentence, useResolvers } from '../ground.ts';

/** In an image that alone says who it runs as: tells whether the cache was there, and writes in all of it. */
const AS_USER = `
  const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
  const directory = process.env.GOMODCACHE + '/cache';
  writeFileSync(process.argv[1], process.getuid() + (existsSync(directory) ? ' found' : ' nothing'));
  mkdirSync(directory, { recursive: true });
  appendFileSync(directory + '/list', 'more');
  mkdirSync(directory + '/' + Date.now());`;

/** Says what a tool would find where it looks, then leaves something there. */
const USE = `
  look() { [ -f "$2/thing" ] && printf found > "$1" || printf nothing > "$1"; mkdir -p "$2"; echo thing > "$2/thing"; }
  look $(results.gradle.path) /home/gradle/caches
  look $(results.go.path) "$GOMODCACHE"
  [ -f /home/gradle/gradle.properties ] && printf old > $(results.properties.path) || printf none > $(results.properties.path)
  echo secret=1 > /home/gradle/gradle.properties`;

const MODULE = '#!/bin/sh\nmkdir /workspace/app; echo module app > /workspace/app/go.mod';

describe('places that a Task has for its tools', function () {
  this.timeout(600_000);
  const ground = useResolvers();
  before(async () => {
    const results = ['gradle', 'go', 'properties'];
    await ground.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'build' },
      spec: {
        params: [{ name: 'GOMODCACHE', default: '' }],
        results: results.map((name) => ({ name })),
        workspaces: [{ name: 'source' }],
        volumes: [{ name: 'home', emptyDir: {} }],
        steps: [
          {
            name: 'build',
            image: SHELL,
            env: [
              { name: 'GRADLE_USER_HOME', value: '/home/gradle' },
              { name: 'GOMODCACHE', value: '$(params.GOMODCACHE)' },
            ],
            volumeMounts: [{ name: 'home', mountPath: '/home/gradle' }],
            script: `#!/bin/sh\n${USE}`,
          },
        ],
      },
    });
    const clone = 'cd $(workspaces.source.path); echo module app > go.mod; echo plugins > build.gradle';
    await ground.create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'own-places' },
      spec: {
        workspaces: [{ name: 'source' }],
        results: results.map((name) => ({ name, value: `$(tasks.build.results.${name})` })),
        tasks: [
          {
            name: 'clone',
            workspaces: [{ name: 'source' }],
            taskSpec: {
              workspaces: [{ name: 'source' }],
              steps: [{ name: 'clone', image: SHELL, script: `#!/bin/sh\n${clone}` }],
            },
          },
          { name: 'build', runAfter: ['clone'], taskRef: { name: 'build' }, workspaces: [{ name: 'source' }] },
        ],
      },
    });
  });

  together({
    'sources that the second step brings are found, though nobody says so': async () => {
      const script = (text: string): string => `#!/bin/sh\n${text}`;
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'setup-clone-build' },
        spec: {
          results: [{ name: 'go' }],
          steps: [
            { name: 'setup', image: SHELL, script: script('true') },
            {
              name: 'clone',
              image: SHELL,
              script: script('mkdir /workspace/app; echo module app > /workspace/app/go.mod'),
            },
            {
              name: 'build',
              image: SHELL,
              script: script(
                '[ -f "$GOMODCACHE/x" ] && printf found > $(results.go.path) || printf nothing > $(results.go.path)\nmkdir -p "$GOMODCACHE"; echo x > "$GOMODCACHE/x"',
              ),
            },
            { name: 'test', image: SHELL, script: script('true') },
          ],
        },
      });
      await ground.pipeline('late-sources', [{ name: 'build', taskRef: { name: 'setup-clone-build' } }], {
        workspaces: [],
        results: [{ name: 'go', value: '$(tasks.build.results.go)' }],
      });
      const target = `${ground.product.registry}/${ground.space.name}/late-sources`;
      const params = {
        pipelineref: 'late-sources',
        preset: 'build=go',
        source: '/workspace/app',
        target,
        insecure: 'true',
      };
      const found: string[] = [];
      for (const _ of ['cold', 'warm']) {
        const done = await ground.run({ resolver: 'cache', params: paramsOf(params) }, []);
        expect(reason(done), sentence(done)).to.match(/Succeeded|Completed/);
        const steps = ['cache-fetch', 'cache-fetch-2', 'cache-fetch-3'];
        const reasons = await Promise.all(
          steps.map(async (step) => await ground.stepResult(done.metadata.name, 'build', step, 'reason')),
        );
        found.push(`${result(done, 'go')}: ${reasons.join(' ')}`);
      }
      // The directory is not there after the first step, and the third fetch is passed over. Of the build state there never is anything.
      expect(found).to.deep.equal(['nothing: invalid-params not-found ', 'found: invalid-params not-found ']);
    },
    'what comes back belongs to the user of the image, where nothing else says who the tool runs as': async () => {
      const { image, registry } = ground.product;
      const step = { name: 'build', image, command: ['node', '-e', AS_USER], args: ['$(results.go.path)'] };
      await ground.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'as-user' },
        spec: { results: [{ name: 'go' }], steps: [{ image: SHELL, script: MODULE }, step] },
      });
      await ground.pipeline('users-image', [{ name: 'build', taskRef: { name: 'as-user' } }], {
        workspaces: [],
        results: [{ name: 'go', value: '$(tasks.build.results.go)' }],
      });
      const target = `${registry}/${ground.space.name}/users-image`;
      const params = {
        pipelineref: 'users-image',
        preset: 'build=go',
        source: '/workspace/app',
        target,
        insecure: 'true',
      };
      const found: string[] = [];
      for (const _ of ['cold', 'warm', 'warm again']) {
        const done = await ground.run({ resolver: 'cache', params: paramsOf(params) }, []);
        expect(reason(done), sentence(done)).to.match(/Succeeded|Completed/);
        found.push(result(done, 'go'));
      }
      expect(found).to.deep.equal(['65532 nothing', '65532 found', '65532 found']);
    },
    'an emptyDir that a variable leads to, and a param without a value, are found again by the next run': async () => {
      const target = `${ground.product.registry}/${ground.space.name}/own-places`;
      const reference = {
        resolver: 'cache',
        params: paramsOf({ pipelineref: 'own-places', preset: 'gradle,go', target, insecure: 'true' }),
      };
      const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } } };
      const build = async () => {
        const done = await ground.run(reference, [{ name: 'source', volumeClaimTemplate: claim }]);
        expect(reason(done), sentence(done)).to.match(/Succeeded|Completed/);
        return ['gradle', 'go', 'properties'].map((name) => result(done, name));
      };
      expect(await build()).to.deep.equal(['nothing', 'nothing', 'none']);
      // Settings that the script puts into the home are not kept.
      expect(await build()).to.deep.equal(['found', 'found', 'none']);
    },
  });
});
