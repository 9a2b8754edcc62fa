import { expect } from 'chai';
import { write } from './written.ts';

describe('the variables of a preset in a Task', () => {
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

    it('are left out where a program in between drops them: what is installed by the one would be missing to the other', () => {
      for (const script of [
        'sudo bundle install && bundle exec rspec',
        'bundle install && sudo -u app bin/rspec',
        'bundle install\nsu - app -c "bundle exec rspec"',
      ]) {
        const { template, notes } = write('bundler', { script });
        expect(template, script).not.to.contain.keys('BUNDLE_PATH');
        expect(notes, script).to.contain('drops its variables').and.contain('BUNDLE_PATH is left out');
      }
      const handed = 'sudo BUNDLE_PATH="$BUNDLE_PATH" bundle install && bundle exec rspec';
      expect(has('bundler', handed, false)).to.equal(true);
      expect(has('poetry', 'sudo poetry install && poetry run pytest', true)).to.equal(false);
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
          'cd app && sudo -E -u app env RAILS_ENV=test ../bin/rspec',
          'count=$(bundle exec rspec | tail -1)',
        ].map((use): [string, string] => ['bundler', `bundle install\n${use}`]),
        ...[
          'sudo -E -u app bundle',
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
