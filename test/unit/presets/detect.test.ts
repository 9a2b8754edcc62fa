import { expect } from 'chai';
import { detectPresets, MARK_NAMES, reasonFor } from '../../../shared/presets/detect.ts';

function found(...files: string[]): string {
  return detectPresets(files)
    .map(({ preset, why }) => `${preset.name}: ${why}`)
    .join('; ');
}

describe('detectPresets', () => {
  const rows: [string, string[], string][] = [
    ['finds a tool by its file', ['README.md', 'go.mod', 'main.go'], 'go: go.mod'],
    ['finds nothing where there is nothing', ['README.md', 'package.json', 'src/main.c', 'CMakeLists.txt'], ''],
    ['finds several in one project', ['go.mod', 'package-lock.json'], 'go: go.mod; npm: package-lock.json'],
    [
      'finds what is in different directories',
      ['api/go.mod', 'ui/pnpm-lock.yaml'],
      'go: api/go.mod; pnpm: ui/pnpm-lock.yaml',
    ],
    [
      'tells the topmost reason first, and counts the others',
      ['z/a/go.mod', 'b/go.mod', 'go.mod'],
      'go: go.mod, and in 2 more directories',
    ],
    [
      'takes pnpm where an older lockfile was left',
      ['package.json', 'package-lock.json', 'pnpm-lock.yaml'],
      'pnpm: pnpm-lock.yaml',
    ],
    ['takes yarn over npm', ['package-lock.json', 'yarn.lock'], 'yarn: yarn.lock'],
    ['tells Yarn 2+ by its settings', ['yarn.lock', '.yarnrc.yml'], 'yarn: yarn.lock with .yarnrc.yml'],
    ['needs a lockfile of Yarn, not only settings', ['.yarnrc.yml'], ''],
    ['takes bun over npm', ['bun.lock', 'package-lock.json'], 'bun: bun.lock'],
    [
      'takes both tools of a monorepo',
      ['yarn.lock', 'tool/package-lock.json'],
      'yarn: yarn.lock; npm: tool/package-lock.json',
    ],
    ['takes the locking tool of Python', ['pyproject.toml', 'requirements.txt', 'poetry.lock'], 'poetry: poetry.lock'],
    ['takes uv over poetry', ['uv.lock', 'poetry.lock', 'pyproject.toml'], 'uv: uv.lock'],
    ['takes pip by the lockfile that all tools of Python read', ['pylock.toml'], 'pip: pylock.toml'],
    [
      'takes pip by such a lockfile of one purpose',
      ['api/pylock.dev.toml', 'api/setup.py'],
      'pip: api/pylock.dev.toml',
    ],
    ['takes uv over the lockfile that it writes for others', ['pylock.toml', 'uv.lock'], 'uv: uv.lock'],
    ['takes pip by no other name', ['pylock.toml.orig', 'dev.pylock.toml'], ''],
    ['takes pip without a lockfile', ['requirements-dev.txt'], 'pip: requirements-dev.txt'],
    ['takes the wrapper of Gradle over a POM', ['gradlew', 'build.gradle', 'pom.xml'], 'gradle: gradlew'],
    [
      'takes the wrapper of Maven over a script of Gradle',
      ['mvnw', 'pom.xml', 'build.gradle'],
      'maven: mvnw with pom.xml',
    ],
    ['takes Gradle where nothing else tells', ['settings.gradle.kts', 'pom.xml'], 'gradle: settings.gradle.kts'],
    ['takes both wrappers of the JVM', ['gradlew', 'mvnw', 'pom.xml'], 'gradle: gradlew; maven: mvnw with pom.xml'],
    ['takes Maven alone', ['pom.xml', 'core/pom.xml'], 'maven: pom.xml, and in 1 more directory'],
    ['counts wrappers, where there are some', ['mvnw', 'pom.xml', 'core/pom.xml'], 'maven: mvnw with pom.xml'],
    ['takes pip by the requirements of one purpose', ['dev-requirements.txt'], 'pip: dev-requirements.txt'],
    [
      'takes pip by requirements in a directory of their own',
      ['api/requirements/base.txt', 'docs/notes.txt'],
      'pip: api/requirements/base.txt',
    ],
    [
      'takes the tool of a project that has such a directory',
      ['api/poetry.lock', 'api/pyproject.toml', 'api/requirements/base.txt', 'b/requirements/base.txt', 'b/setup.py'],
      'poetry: api/poetry.lock; pip: b/setup.py, and in 1 more directory',
    ],
    ['takes sbt beside Maven', ['build.sbt', 'pom.xml'], 'maven: pom.xml; sbt: build.sbt'],
    ['finds projects of .NET without a lockfile', ['src/App/App.csproj'], 'nuget: src/App/App.csproj'],
    [
      'finds browsers beside npm',
      ['package-lock.json', 'playwright.config.ts'],
      'npm: package-lock.json; playwright: playwright.config.ts',
    ],
    [
      "passes over what is somebody else's",
      [
        'node_modules/x/yarn.lock',
        'vendor/y/go.mod',
        'a/testdata/Cargo.lock',
        'test/fixtures/x/bun.lock',
        'lib/__fixtures__/pom.xml',
        'venv/share/jupyter/lab/staging/yarn.lock',
        '.tox/py/x/setup.py',
        'env/lib/python3/site-packages/x/pyproject.toml',
        'a/.terraform/modules/x/go.mod',
        'live/.terragrunt-cache/x/.terraform.lock.hcl',
      ],
      '',
    ],
  ];
  for (const [name, files, expected] of rows) {
    it(name, () => expect(found(...files)).to.equal(expected));
  }

  const libraries: [string, string, string][] = [
    ['cargo', 'Cargo.toml', 'Cargo.lock'],
    ['bundler', 'Gemfile', 'Gemfile.lock'],
    ['bundler', 'gems.rb', 'gems.locked'],
    ['composer', 'composer.json', 'composer.lock'],
    ['mix', 'mix.exs', 'mix.lock'],
    ['dart-pub', 'pubspec.yaml', 'pubspec.lock'],
  ];
  for (const [preset, description, lockfile] of libraries) {
    it(`finds a library by ${description} alone, as after its build, which writes the lockfile`, () => {
      const files = [description, `part/${description}`];
      expect(found(...files)).to.equal(`${preset}: ${description}, and in 1 more directory`);
      expect(found(...files, lockfile)).to.equal(`${preset}: ${lockfile}`);
      expect(found(...files, 'package-lock.json')).to.equal('npm: package-lock.json');
    });
  }

  const sideBySide: [string[], string][] = [
    [
      ['package-lock.json', 'yarn.lock'],
      'yarn.lock, which goes before package-lock.json: where npm is the tool, name it',
    ],
    [['a/uv.lock', 'a/poetry.lock'], 'a/uv.lock, which goes before a/poetry.lock: where poetry is the tool, name it'],
    [
      ['poetry.lock', 'requirements.txt', 'pyproject.toml'],
      'poetry.lock, which goes before requirements.txt: where pip is the tool, name it',
    ],
    [
      ['uv.lock', 'requirements/a.txt'],
      'uv.lock, which goes before requirements/a.txt: where pip is the tool, name it',
    ],
    [['gradlew', 'pom.xml'], 'gradlew, which goes before pom.xml: where maven is the tool, name it'],
    // Nothing is passed over: another directory finds it, or the file is that of the tool itself.
    [['yarn.lock', 'package-lock.json', 'ui/package-lock.json'], 'yarn.lock'],
    [['uv.lock', 'pyproject.toml', 'setup.py'], 'uv.lock'],
    [['gradlew', 'mvnw', 'pom.xml'], 'gradlew'],
    [['yarn.lock', 'go.mod'], 'go.mod'],
  ];
  for (const [files, expected] of sideBySide) {
    it(`tells of ${files.join(' beside ')} which one counts`, () => {
      expect(detectPresets(files).map(reasonFor)[0]).to.equal(expected);
    });
  }

  it('does not depend on the order of the files', () => {
    const files = ['b/go.mod', 'a/yarn.lock', 'package-lock.json', 'pom.xml', 'gradlew', 'go.mod'];
    expect(found(...files.toReversed())).to.equal(found(...files));
  });

  it('says which names it looks for', () => {
    expect(MARK_NAMES).to.include.members(['go.mod', 'requirements*.txt', '.yarnrc.yml']);
  });
});
