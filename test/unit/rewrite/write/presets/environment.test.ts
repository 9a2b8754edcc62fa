import { expect } from 'chai';
import { environmentOf } from '../../../../../shared/presets/environment.ts';
import { findPreset } from '../../../../../shared/presets/table.ts';
import type { JsonObject } from '../../../../../shared/rewrite/json/json.ts';
import type { Step, TaskSpec } from '../../../../../shared/rewrite/tekton/tekton.ts';
import type { Respected } from '../../../../../shared/rewrite/write/presets/environment.ts';
import { withVariables } from '../../../../../shared/rewrite/write/presets/environment.ts';
import { ownVolumes } from '../../../../../shared/rewrite/write/presets/own-volume.ts';

const ROOT = '/caches';
const REPOSITORY = '-Dmaven.repo.local=/caches/maven-downloads/repository';

/** A Task of one step with the variables of a preset. */
function write(
  preset: string,
  step: Step,
  rest: TaskSpec = {},
  { byPod = [], guessed = false, named = false }: Partial<Respected> = {},
) {
  const found = findPreset(preset);
  if (found === undefined) throw new Error(preset);
  const variables = environmentOf([found], { root: ROOT, source: '/source' });
  const spec = { steps: [{ name: 'build', image: 'i', ...step }], ...rest };
  const written = withVariables(spec, variables, { kept: [], byPod, guessed, named });
  const valuesOf = (part: JsonObject | undefined) =>
    Object.fromEntries(((part?.['env'] ?? []) as JsonObject[]).map(({ name, value }) => [name, value]));
  return {
    template: valuesOf(written.spec.stepTemplate),
    step: valuesOf(written.spec.steps?.[0]),
    notes: written.notes.join('\n'),
  };
}

describe('the variables of a preset in a Task', () => {
  describe('that is a list of options', () => {
    it('come behind those of a step', () => {
      const { step, notes } = write('maven', { env: [{ name: 'MAVEN_OPTS', value: '-Xmx2g' }] });
      expect(step).to.deep.equal({ MAVEN_OPTS: `-Xmx2g ${REPOSITORY}` });
      expect(notes).to.equal('');
    });

    it('leave out what the step or the stepTemplate has an option for, as of two the last one would be in force', () => {
      const value = '-Xmx2g -Dmaven.repo.local=/workspace/source/.m2';
      const env = [{ name: 'MAVEN_OPTS', value }];
      const inStep = write('maven', { env });
      expect(inStep.step['MAVEN_OPTS']?.trim()).to.equal(value);
      expect(inStep.notes).to.contain('Step `build` says `-Dmaven.repo.local=`, which beats MAVEN_OPTS');
      const inTemplate = write('maven', {}, { stepTemplate: { env } });
      expect(inTemplate.template['MAVEN_OPTS']?.trim()).to.equal(value);
      const daemon = write('gradle', { env: [{ name: 'GRADLE_OPTS', value: '-Dorg.gradle.daemon=true' }] });
      expect(daemon.step['GRADLE_OPTS']?.trim()).to.equal('-Dorg.gradle.daemon=true');
    });

    it('stay away from a step whose variables come from a ConfigMap, which they would hide', () => {
      const from = { envFrom: [{ configMapRef: { name: 'options' } }] };
      const steps = [
        { name: 'settings', image: 'i', ...from },
        { name: 'build', image: 'i', script: 'mvn package' },
      ];
      const { template, notes } = write('maven', {}, { steps });
      expect(template).to.deep.equal({});
      expect(notes).to.contain('Step `settings` may have MAVEN_OPTS from elsewhere');
      expect(notes).not.to.contain('Step `build`');
      const variables = environmentOf([findPreset('maven') ?? expect.fail()], { root: ROOT, source: '' });
      const { spec } = withVariables({ steps }, variables, { kept: [], byPod: [], guessed: false, named: false });
      expect(spec.steps?.map((step) => step['env'])).to.deep.equal([
        undefined,
        [{ name: 'MAVEN_OPTS', value: REPOSITORY }],
      ]);
    });

    it('stay away from all steps where the stepTemplate has such', () => {
      const stepTemplate = { envFrom: [{ secretRef: { name: 'options' } }] };
      const { template, step, notes } = write('maven', {}, { stepTemplate });
      expect([template, step]).to.deep.equal([{}, {}]);
      expect(notes).to.contain('may have MAVEN_OPTS from elsewhere');
      expect(write('go', {}, { stepTemplate }).template).to.contain.keys('GOCACHE', 'GOMODCACHE');
    });
  });

  it('are those of the step in whatever case the tool reads them', () => {
    const { step, notes } = write('npm', { env: [{ name: 'NPM_CONFIG_CACHE', value: '/x' }] });
    expect(step).to.deep.equal({ NPM_CONFIG_CACHE: '/x', npm_config_cache: '/x' });
    expect(notes).to.contain('sets NPM_CONFIG_CACHE itself');
    const template = write('npm', {}, { stepTemplate: { env: [{ name: 'NPM_CONFIG_CACHE', value: '/x' }] } }).template;
    expect(template).not.to.contain.keys('npm_config_cache');
    expect(write('go', { env: [{ name: 'gocache', value: '/x' }] }).step).to.deep.equal({ gocache: '/x' });
  });

  it('are set by a script that gives them a value, and not by one that prints them or exports what they are', () => {
    const notes = (script: string): string => write('go', { script }).notes;
    for (const script of ['export GOCACHE=/x', 'GOCACHE=$HOME/go go build', 'GOCACHE=$GOCACHE/x go build'])
      expect(notes(script), script).to.contain('sets GOCACHE itself');
    for (const script of ['echo "GOCACHE=$GOCACHE"', 'export GOCACHE=${GOCACHE}'])
      expect(notes(script), script).to.equal('');
  });

  it('are the default of an empty param that a step has for one, in whatever case the tool reads it', () => {
    for (const [preset, name, value] of [
      ['npm', 'NPM_CONFIG_CACHE', '/caches/npm-downloads/npm'],
      ['pip', 'PIP_CACHE_DIR', '/caches/pip-downloads/pip'],
    ] as const) {
      const step = { env: [{ name, value: '$(params.CACHE)' }], script: 'make' };
      const found = findPreset(preset) ?? expect.fail();
      const { spec, notes } = withVariables(
        { params: [{ name: 'CACHE', default: '' }], steps: [step] },
        environmentOf([found], { root: ROOT, source: '' }),
        { kept: [], byPod: [], guessed: false, named: false },
      );
      expect(spec['params'], name).to.deep.equal([{ name: 'CACHE', default: value }]);
      expect(notes, name).to.deep.equal([]);
    }
    const env = [{ name: 'pip_cache_dir', value: '$(params.CACHE)' }];
    const { notes, template } = write('pip', { env }, { params: [{ name: 'CACHE', default: '' }] });
    expect([notes, Object.keys(template)]).to.deep.equal(['', ['PIP_CACHE_DIR']]);
  });

  it('are those of an emptyDir that a Task leads its tool to, in whatever case the tool reads them', () => {
    const env = [{ name: 'NPM_CONFIG_CACHE', value: '/npm' }];
    const volumeMounts = [{ name: 'home', mountPath: '/npm' }];
    const spec = { volumes: [{ name: 'home', emptyDir: {} }], steps: [{ env, volumeMounts }] };
    const found = findPreset('npm') ?? expect.fail();
    const kept = ownVolumes(spec, [found], ROOT);
    expect(kept).to.deep.equal([
      { volume: 'home', variable: 'npm_config_cache', place: '/npm', dir: '/caches/npm-downloads', part: 'npm' },
    ]);
    const variables = environmentOf([found], { root: ROOT, source: '' });
    const written = withVariables(spec, variables, { kept, byPod: [], guessed: false, named: false });
    expect(written.notes).to.deep.equal([]);
  });

  it('are told to be without effect where the podTemplate sets them', () => {
    expect(write('go', {}, {}, { byPod: ['GOCACHE'] }).notes).to.contain('The podTemplate sets GOCACHE');
  });

  describe('are told to be beaten', () => {
    const cases: [preset: string, step: Step, says: string][] = [
      ['npm', { script: 'npm ci --cache=/x' }, '`--cache=`'],
      ['gradle', { script: './gradlew -g /x build' }, '`-g`'],
      ['maven', { command: ['mvn'], args: ['-Dmaven.repo.local=/x', 'package'] }, '`-Dmaven.repo.local=`'],
      ['maven', { env: [{ name: 'MAVEN_ARGS', value: '-Dmaven.repo.local=/x' }] }, '`-Dmaven.repo.local=`'],
      ['pip', { script: 'pip install \\\n  --no-cache-dir -r requirements.txt' }, '`--no-cache-dir`'],
      ['pip', { env: [{ name: 'PIP_NO_CACHE_DIR', value: '1' }] }, 'PIP_NO_CACHE_DIR'],
      ['yarn', { env: [{ name: 'YARN_CACHE_FOLDER', value: '/x' }] }, 'YARN_CACHE_FOLDER'],
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

  describe('that lead to what a tool has installed', () => {
    const has = (preset: string, script: string, guessed: boolean): boolean => {
      const variable = preset === 'bundler' ? 'BUNDLE_PATH' : 'POETRY_CACHE_DIR';
      return Object.hasOwn(write(preset, { script }, {}, { guessed }).template, variable);
    };

    it('are there where a Task installs by the tool, and uses that by the tool', () => {
      for (const guessed of [true, false]) {
        expect(has('bundler', 'bundle install --jobs 4 && bundle exec rspec', guessed)).to.equal(true);
        expect(has('bundler', 'bundle check || bundle\nbin/rails test', guessed)).to.equal(true);
        expect(has('poetry', 'poetry install && poetry run pytest', guessed)).to.equal(true);
      }
    });

    it('are there in whatever way the tool is told to', () => {
      const scripts: [preset: string, script: string][] = [
        ['bundler', 'bundle && bundle exec rspec'],
        ['bundler', 'bundle -j4\nbundle exec rake'],
        ['bundler', 'bundle --jobs 4 --retry 3 2>&1 | tee log; ./bin/rspec'],
        ['bundler', 'bundle _2.4.1_ --verbose install && bundle _2.4.1_ exec rspec'],
        ['bundler', 'bin/setup && bin/rails test'],
        ['bundler', 'sh -c "bundle i && bundle e rspec"'],
        ['bundler', 'if ! /usr/local/bin/bundle check; then bundle; fi\nexec bin/rails test'],
        [
          'bundler',
          '#!/usr/bin/env bash\n# no --deployment: it is for vendor/bundle\nbundle install\nbundle exec rspec',
        ],
        ...[
          '$(workspaces.source.path)/bin/rails test',
          '$PWD/bin/rspec',
          'app/bin/rspec',
          '"${ROOT}/bin/rspec"',
          '"$(git rev-parse --show-toplevel)/bin/rspec"',
          '"$(dirname "$(readlink -f "$0")")/bin/rspec"',
          'xvfb-run -a $(pwd)/bin/rspec',
          'ruby -W0 $(pwd)/bin/rails test',
          'for name in rspec rubocop; do bin/$name; done',
          '/workspace/source/bin/rspec > log/x 2>&1',
          'cd app && sudo -u app env RAILS_ENV=test ../bin/rspec',
          'count=$(bundle exec rspec | tail -1)',
        ].map((use): [string, string] => ['bundler', `bundle install\n${use}`]),
        ...[
          'sudo -u app bundle',
          'timeout 600 bundle',
          'timeout -k 5s -s KILL "$(params.TIMEOUT)" bundle --jobs 4',
          'sudo -E -u app /usr/bin/env -u A B=c nice -n 10 bundle',
          'retry 3 bundle > /dev/null',
          'until time -p bundle; do sleep 1; done',
          'if true; then exec gosu app bundle; fi',
          'found=$(bundle)',
          '$(workspaces.source.path)/bin/setup',
          '$(workspaces.source.path)/bin/bundle',
        ].map((install): [string, string] => ['bundler', `${install}\nbundle exec rspec`]),
        ['poetry', 'poetry --no-interaction install && poetry run pytest'],
        ['poetry', 'poetry -n install; poetry -C app run pytest'],
        ['poetry', 'poetry -v -C app sync && poetry run pytest'],
      ];
      for (const [preset, script] of scripts)
        for (const guessed of [true, false]) {
          expect(has(preset, script, guessed), script).to.equal(true);
          expect(write(preset, { script }, {}, { guessed }).notes, script).to.equal('');
        }
      const step = { command: ['bundle'], args: ['install'] };
      const steps = [{ ...step }, { command: ['/bin/sh', '-ec'], args: ['# as CI does\nbundle exec rspec'] }];
      expect(write('bundler', {}, { steps }).template).to.contain.keys('BUNDLE_PATH');
    });

    it('are not there because of a shebang, a program of the system, or a word that is no call', () => {
      for (const start of ['#!/bin/sh', '#!/usr/bin/env bash', '/usr/local/bin/prepare', '/bin/sh -c true']) {
        const { template, notes } = write('bundler', { script: `${start}\nbundle install && rspec` });
        expect(template, start).not.to.contain.keys('BUNDLE_PATH');
        expect(notes).to.contain('on the PATH');
        expect(has('bundler', `${start}\n./ci.sh`, false), start).to.equal(true);
      }
      for (const install of [
        'bundle check',
        'bundle --version',
        'cp -r vendor bundle',
        'which bundle',
        'sudo -n which bundle',
        'command -v bundle',
        'if ! command -v bundle > /dev/null; then gem install bundler; fi',
        'apk add sudo bundle',
        'cat <<END\n- bundle\nEND',
        '# bundle install',
      ])
        expect(has('bundler', `${install}\nbundle exec rspec`, false), install).to.equal(false);
      for (const use of [
        '/opt/app/bin/x',
        '/sbin/bin/x',
        '~/bin/x',
        '$HOME/.local/bin/x',
        '${JAVA_HOME}/bin/java',
        '.venv/bin/pytest',
        'node_modules/.bin/eslint',
        'vendor/bin/phpunit',
        'curl -o app/bin/x https://example.com/bin/x',
      ])
        expect(has('bundler', `bundle install && rspec\n${use}`, false), use).to.equal(false);
      expect(has('poetry', 'poetry self update\npoetry run pytest', false)).to.equal(false);
      expect(has('bundler', 'bin/setup && rspec', false)).to.equal(false);
    });

    describe('are for a task that the user named', () => {
      const presets = [
        ['bundler', 'BUNDLE_PATH', 'bundle exec rspec'],
        ['poetry', 'POETRY_CACHE_DIR', 'poetry run pytest'],
      ] as const;

      it('where something of its own may install, which nobody sees', () => {
        for (const [preset, variable, use] of presets)
          for (const own of [
            'make gems',
            './ci.sh',
            'sh ci.sh',
            'bash -eo pipefail scripts/ci',
            '. ./prepare.sh',
            'sudo -E -u app timeout 600 scripts/prepare',
            '$(workspaces.source.path)/prepare',
            '$(params.SETUP)',
            'if ! test -d gems; then ./install; fi',
            'exec ./install',
          ]) {
            const script = `${own}\n${use}`;
            const rest = { guessed: false, named: true };
            const { template, notes } = write(preset, { script }, {}, rest);
            expect([Object.keys(template), notes], script).to.deep.equal([[variable], '']);
            for (const other of [
              { guessed: true, named: true },
              { guessed: false, named: false },
            ]) {
              const left = write(preset, { script }, {}, other);
              expect(left.template, script).not.to.contain.keys(variable);
              expect(left.notes, script).to.contain('does not install');
            }
          }
        const steps = [{ command: ['make'], args: ['gems'] }, { script: 'bundle exec rspec' }];
        expect(write('bundler', {}, { steps }, { named: true }).template).to.contain.keys('BUNDLE_PATH');
      });

      it('and not where it only uses packages, which come with the image', () => {
        for (const [preset, variable, use] of presets)
          for (const script of [
            use,
            `#!/bin/sh\nset -eo pipefail\ncd "$(workspaces.source.path)"\nexport A=./x B=$(pwd)\n${use} > log/test.log 2>&1`,
            `. ~/.profile; . /etc/profile\n${use} -f d -o out/x.xml < config/x.yml`,
            `timeout "$(params.TIMEOUT)" ${use} spec/x_spec.rb | tee -a log/x`,
            `/usr/bin/env A=b ${use}\nrm -rf ./tmp; cp -r spec/x /tmp/x; cat spec/y\n/usr/local/bin/report log/x`,
            `bash -eo pipefail -c "cd app/x && ${use}"`,
          ]) {
            const { template, notes } = write(preset, { script }, {}, { named: true });
            expect(template, script).not.to.contain.keys(variable);
            expect(notes, script).to.contain('does not install');
          }
        const { template } = write('poetry', { script: '$POETRY_HOME/bin/poetry run pytest' }, {}, { named: true });
        expect(template).not.to.contain.keys('POETRY_CACHE_DIR');
        for (const script of [
          './bin/bundle exec rspec',
          'bin/rspec',
          'app/bin/rails test',
          'sudo bundle exec ./x.rb',
        ]) {
          const { template, notes } = write('bundler', { script }, {}, { named: true });
          expect(template, script).not.to.contain.keys('BUNDLE_PATH');
          expect(notes, script).to.contain('does not install');
        }
      });
    });

    it('are left out where the packages come with the image or from another task, and for another task', () => {
      const cases: [preset: string, script: string, says: string][] = [
        ['bundler', 'bundle exec rubocop', 'does not install'],
        ['poetry', 'poetry run pytest', 'does not install'],
        ['bundler', 'bundle install --deployment && bundle exec rspec', 'where another task'],
        ['bundler', 'export BUNDLE_DEPLOYMENT=1\nbundle install', 'where another task'],
        ['bundler', 'bundle install && rspec', 'on the PATH'],
      ];
      for (const [preset, script, says] of cases) {
        expect(has(preset, script, false), script).to.equal(false);
        expect(write(preset, { script }).notes).to.contain(says);
      }
      const env = [{ name: 'BUNDLE_DEPLOYMENT', value: 'true' }];
      const { template } = write('bundler', { env, script: 'bundle install && bundle exec rspec' });
      expect(template).not.to.contain.keys('BUNDLE_PATH');
    });

    it('are tried on a Task that does not say what it runs only where the preset was named', () => {
      expect(has('bundler', './ci.sh', false)).to.equal(true);
      expect(has('bundler', './ci.sh', true)).to.equal(false);
      expect(has('poetry', './ci.sh', true)).to.equal(true);
      const scripts = ['go build', '#!/bin/sh\ngo build -o bin/app ./cmd', 'npm run bundle --deployment', 'bin/setup'];
      for (const script of scripts) {
        const { template, notes } = write('bundler', { script }, {}, { guessed: true });
        expect(template, script).not.to.contain.keys('BUNDLE_PATH');
        expect(notes, script).to.equal('');
      }
    });
  });
});
