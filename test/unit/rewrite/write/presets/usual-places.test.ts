import { expect } from 'chai';
import type { Step } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { write } from './written.ts';

describe('the variables of a preset in a Task', () => {
  describe('are left out where the Task goes by the place that the tool has without them', () => {
    const cases: [preset: string, variable: string, step: Step][] = [
      ['gradle', 'GRADLE_USER_HOME', { script: 'cp gradle.properties ~/.gradle/ && gradle build' }],
      ['gradle', 'GRADLE_USER_HOME', { volumeMounts: [{ name: 's', mountPath: '/root/.gradle' }] }],
      [
        'cargo',
        'CARGO_HOME',
        { script: 'curl https://sh.rustup.rs | sh -s -- -y\nexport PATH=$HOME/.cargo/bin:$PATH' },
      ],
      ['cargo', 'CARGO_HOME', { script: '. "$HOME/.cargo/env"; cargo build' }],
      [
        'cargo',
        'CARGO_HOME',
        { volumeMounts: [{ name: 's', mountPath: '/usr/local/cargo/config.toml', subPath: 'c' }] },
      ],
      ['cargo', 'CARGO_HOME', { script: 'cargo install --locked trunk && trunk build' }],
      ['go', 'GOMODCACHE', { script: 'protoc -I$(go env GOPATH)/pkg/mod/example.com/api@v1 x.proto' }],
      ['maven', 'MAVEN_OPTS', { script: 'mvn -B verify && ls ${HOME}/.m2/repository/org/example' }],
    ];
    for (const [preset, variable, step] of cases) {
      it(`${variable} by ${JSON.stringify(step)}`, () => {
        const { template, notes } = write(preset, step);
        expect(template).not.to.contain.keys(variable);
        expect(notes).to.contain(`would not go with ${variable}`);
      });
    }

    it('by a workspace that is mounted there', () => {
      const workspaces = [{ name: 'home', mountPath: '/root/.gradle' }];
      expect(write('gradle', {}, { workspaces }).template).not.to.contain.keys('GRADLE_USER_HOME');
    });

    it('and not for what a comment says', () => {
      const script = '#!/bin/sh\n# the cache was ~/.ivy2 once\nsbt test';
      expect(write('sbt', { script }).template).to.contain.keys('SBT_OPTS');
      expect(write('sbt', { script }).notes).to.equal('');
      expect(write('sbt', { script: 'ls /home/ci/.ivy2/local; sbt test' }).notes).to.contain('`/home/ci/.ivy2`');
    });

    it('and not for a directory of that name in the sources, or a program on the PATH', () => {
      const script =
        'mkdir -p .cargo && cp ci.toml .cargo/config.toml\nexport PATH=$HOME/.cargo/bin:$PATH\ncargo install --locked cargo-audit';
      expect(write('cargo', { script }).template).to.contain.keys('CARGO_HOME');
      expect(write('gradle', { script: 'rm -rf .gradle && gradle build' }).template).to.contain.keys(
        'GRADLE_USER_HOME',
      );
    });
  });
});
