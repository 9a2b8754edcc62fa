import { expect } from 'chai';
import type { Step } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { write } from './written.ts';

describe('the variables of a preset in a Task', () => {
  describe('are told to be beaten', () => {
    const cases: [preset: string, step: Step, says: string][] = [
      ['npm', { script: 'npm ci --cache=/x' }, '`--cache=`'],
      ['gradle', { script: './gradlew -g /x build' }, '`-g`'],
      ['maven', { command: ['mvn'], args: ['-Dmaven.repo.local=/x', 'package'] }, '`-Dmaven.repo.local=`'],
      ['maven', { env: [{ name: 'MAVEN_ARGS', value: '-Dmaven.repo.local=/x' }] }, '`-Dmaven.repo.local=`'],
      ['pip', { script: 'pip install \\\n  --no-cache-dir -r requirements.txt' }, '`--no-cache-dir`'],
      ['pip', { env: [{ name: 'PIP_NO_CACHE_DIR', value: '1' }] }, 'PIP_NO_CACHE_DIR'],
      ['yarn', { env: [{ name: 'YARN_CACHE_FOLDER', value: '/x' }] }, 'YARN_CACHE_FOLDER'],
      ['pip', { script: 'python3 -m pip --isolated install -r requirements.txt' }, '`--isolated`'],
      ['composer', { script: 'composer config -g cache-files-dir /x && composer install' }, '`cache-files-dir`'],
      ['uv', { script: 'export UV_NO_CACHE=1\nuv sync' }, 'UV_NO_CACHE'],
      ['nuget', { script: '#!/usr/bin/env pwsh\n$env:NUGET_PACKAGES = "/x"\ndotnet restore' }, 'NUGET_PACKAGES'],
      ['pip', { script: '#!/usr/bin/env python3\nos.environ["PIP_CACHE_DIR"] = "/x"' }, 'PIP_CACHE_DIR'],
      ['npm', { script: 'export NPM_CONFIG_CACHE=/x; npm ci' }, 'npm_config_cache'],
      // pip takes these for a wish to have no cache, and ccache takes the empty value for one.
      ['pip', { env: [{ name: 'PIP_NO_CACHE_DIR', value: '0' }] }, 'PIP_NO_CACHE_DIR'],
      ['pip', { script: 'export PIP_NO_CACHE_DIR=false; pip install x' }, 'PIP_NO_CACHE_DIR'],
      ['ccache', { env: [{ name: 'CCACHE_DISABLE', value: '' }] }, 'CCACHE_DISABLE'],
      [
        'uv',
        { env: [{ name: 'UV_NO_CACHE', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] },
        'UV_NO_CACHE',
      ],
      ['yarn', { env: [{ name: 'yarn_cache_folder', value: '/x' }] }, 'YARN_CACHE_FOLDER'],
      ['npm', { script: 'chown -R node . && su - node -c "npm ci"' }, '`npm` by `su`, which drops npm_config_cache'],
      ['pip', { script: 'sudo -H pip3 install -r requirements.txt' }, '`sudo -E`'],
      ['npm', { script: 'sudo -nu node npm ci' }, '`npm` by `sudo`'],
      ['npm', { script: 'su -c "npm ci" - node' }, '`npm` by `su`'],
      ['npm', { script: 'sudo -H -u node timeout 60 bash -c "npm ci"' }, '`npm` by `sudo`'],
      ['go', { command: ['env'], args: ['-i', 'PATH=/usr/local/go/bin', 'go', 'build'] }, 'drops GOMODCACHE'],
    ];
    for (const [preset, step, says] of cases) {
      it(`by ${JSON.stringify(step)}`, () => {
        expect(write(preset, step).notes).to.contain(says);
      });
    }

    it('by the default of a param', () => {
      const params = [{ name: 'ARGS', type: 'array', default: ['-B', '-Dmaven.repo.local=/x'] }];
      expect(write('maven', { args: ['$(params.ARGS[*])'] }, { params }).notes).to.contain('The Task says');
    });

    it('by no variable in another case, unless the tool reads it so, and by none that leaves the cache on', () => {
      const cases: [preset: string, step: Step][] = [
        ['go', { script: 'gocache=1\nGoCache=2 go build' }],
        ['pip', { env: [{ name: 'PIP_NO_CACHE_DIR', value: '' }] }],
        ['pip', { script: 'PIP_NO_CACHE_DIR= pip install x' }],
        ['pip', { script: 'export PIP_NO_CACHE_DIR=""\npip install x' }],
        ['uv', { env: [{ name: 'UV_NO_CACHE', value: 'false' }] }],
        ['uv', { script: '#!/usr/bin/env python3\nos.environ["UV_NO_CACHE"] = "0"' }],
        ['yarn', { script: 'YARN_CACHE_FOLDER= yarn install' }],
      ];
      for (const [preset, step] of cases) expect(write(preset, step).notes, JSON.stringify(step)).to.equal('');
    });

    it('by nothing that a tool reads behind its variables', () => {
      const cases: [preset: string, script: string][] = [
        ['npm', 'npm config set cache /x && npm ci'],
        ['pnpm', 'pnpm config set store-dir /x\npnpm install'],
        ['poetry', 'poetry config cache-dir /x; poetry install'],
        ['composer', 'composer config -g cache-dir /x && composer install'],
        ['go', 'go env -w GOMODCACHE=/x GOCACHE=/y && go build ./...'],
      ];
      for (const [preset, script] of cases)
        expect(write(preset, { script }).notes, script).not.to.contain('not cached');
      const both = 'go env -w GOFLAGS=-mod=mod; export GOCACHE=/y';
      expect(write('go', { script: both }).notes).to.contain('GOCACHE');
    });

    it('by nothing that starts another program, or hands the variables on', () => {
      const cases: [preset: string, script: string][] = [
        ['npm', 'sudo apt-get install -y git && npm ci'],
        ['npm', 'sudo -E npm ci; sudo --preserve-env=npm_config_cache npm ci; sudo -u node -HE npm ci'],
        ['npm', 'sudo npm_config_cache="$npm_config_cache" npm ci'],
        ['npm', 'su node -c "npm ci"; env CI=1 npm ci; gosu node npm ci'],
        ['go', 'sudo npm ci'],
        ['maven', 'echo sudo mvn'],
        ['go', 'sudo rm -rf /usr/local/go && sudo tar -C /usr/local -xzf go.tgz && go build ./...'],
        ['go', 'env CGO_ENABLED=0 go test -i ./...; env A=1 sed -i s/x/y/ go'],
        ['maven', 'sudo ln -s /opt/maven/bin/mvn /usr/local/bin/mvn'],
        ['npm', 'sudo apt-get install -y nodejs npm && sudo chown -R node /usr/bin/npm; su node -c "npm ls -l"'],
        ['pip', 'sudo apt-get install -y python3 pip; pip install -r requirements.txt'],
      ];
      for (const [preset, script] of cases) expect(write(preset, { script }).notes, script).to.equal('');
    });

    it('by no comment', () => {
      const script = '#!/bin/sh\n  # export GOCACHE=/x\n# npm ci --cache=/x\n# pip --no-cache-dir\n#PIP_NO_CACHE_DIR=1';
      for (const preset of ['go', 'npm', 'pip']) {
        expect(write(preset, { script }).notes, preset).to.equal('');
        expect(write(preset, { command: ['sh', '-c'], args: [script] }).notes, preset).to.equal('');
      }
      expect(write('go', { script: 'go build \\\n# a comment\nexport GOCACHE=/x' }).notes).to.contain('GOCACHE');
    });

    it('by nothing that belongs to another tool', () => {
      const script = [
        'apk add --no-cache git',
        'npm install -g gradle-tools',
        'kaniko --cache=true --cache-dir=/x',
        'test "$GOCACHE" = "$PWD"',
        'trivy --cache-dir /x',
      ].join('\n');
      for (const preset of ['go', 'npm', 'pip', 'uv', 'gradle', 'composer'])
        expect(write(preset, { script }).notes, preset).to.equal('');
    });
  });
});
