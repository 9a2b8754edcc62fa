/** Projects whose tools download from the public registry, or nothing at all. */
import type { Project } from './project.ts';

const PACKAGE = JSON.stringify({ name: 'app', version: '1.0.0', private: true, dependencies: { 'is-odd': '3.0.1' } });

export const PROJECTS: readonly Project[] = [
  {
    preset: 'go',
    tool: 'go',
    files: {
      'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire github.com/segmentio/fasthash v1.0.3\n',
      'main.go':
        'package main\n\nimport "github.com/segmentio/fasthash/fnv1a"\n\nfunc main() { println(fnv1a.HashString64("x")) }\n',
    },
    lock: 'tool mod tidy',
    lockfiles: ['go.mod', 'go.sum'],
    build: 'tool build -buildvcs=false -v -o /dev/null .',
    coldOnly: /downloading github\.com|^github\.com\/segmentio/m,
  },
  {
    preset: 'cargo',
    tool: 'cargo',
    files: {
      'Cargo.toml':
        '[package]\nname = "app"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\nitoa = "=1.0.15"\n',
      'src/main.rs': 'fn main() { println!("{}", itoa::Buffer::new().format(7)); }\n',
    },
    lock: 'tool generate-lockfile',
    lockfiles: ['Cargo.lock'],
    build: 'tool build --verbose && ./target/debug/app',
    coldOnly: /Downloaded itoa|Compiling itoa/,
    warm: /Fresh itoa/,
  },
  {
    preset: 'npm',
    tool: 'npm',
    files: { 'package.json': PACKAGE },
    lock: 'tool install --package-lock-only --no-audit --no-fund',
    lockfiles: ['package-lock.json'],
    build: 'tool ci --no-audit --no-fund && node -e "require(\'is-odd\')"',
  },
  ...['pnpm', 'pnpm-11'].map((tool) => ({
    preset: 'pnpm',
    title: tool.replace('-', ' '),
    tool,
    files: { 'package.json': PACKAGE },
    lock: 'tool install --lockfile-only',
    lockfiles: ['pnpm-lock.yaml'],
    build: 'tool install --frozen-lockfile && node -e "require(\'is-odd\')"',
    warm: /reused [1-9]\d*, downloaded 0/,
  })),
  {
    preset: 'yarn',
    title: 'Yarn 1',
    tool: 'yarn',
    files: { 'package.json': PACKAGE },
    lock: 'tool install --ignore-scripts --non-interactive',
    lockfiles: ['yarn.lock'],
    build: 'tool install --frozen-lockfile --non-interactive && node -e "require(\'is-odd\')"',
  },
  {
    preset: 'yarn',
    title: 'Yarn 2+',
    tool: 'yarn-berry',
    files: {
      'package.json': PACKAGE,
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    lock: 'YARN_ENABLE_IMMUTABLE_INSTALLS=false tool install --mode=update-lockfile',
    lockfiles: ['yarn.lock'],
    build: 'tool install --immutable && node -e "require(\'is-odd\')"',
  },
  {
    preset: 'yarn',
    title: 'Yarn 2+ with a folder of packages in the project',
    tool: 'yarn-berry',
    files: {
      'package.json': PACKAGE,
      '.yarnrc.yml': 'enableGlobalCache: false\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
    lock: 'YARN_ENABLE_IMMUTABLE_INSTALLS=false tool install --mode=update-lockfile',
    lockfiles: ['yarn.lock'],
    // The folder may be in git, or may be what the next task works with: it stays where the project says.
    build:
      'tool install && tool install --immutable --immutable-cache && ls .yarn/cache/is-odd-*.zip && tool node -e "require(\'is-odd\')"',
  },
  {
    preset: 'bun',
    tool: 'bun',
    files: { 'package.json': PACKAGE },
    lock: 'tool install --lockfile-only',
    lockfiles: ['bun.lock'],
    build: 'tool install --frozen-lockfile && node -e "require(\'is-odd\')"',
  },
  {
    preset: 'deno',
    tool: 'deno',
    files: {
      'deno.json': JSON.stringify({ imports: { 'is-odd': 'npm:is-odd@3.0.1' } }),
      'main.ts': "import isOdd from 'is-odd';\nconsole.log(isOdd(1));\n",
    },
    lock: 'tool cache main.ts',
    lockfiles: ['deno.lock'],
    build: 'tool run --frozen --no-check main.ts',
  },
  {
    preset: 'uv',
    tool: 'uv',
    files: {
      'pyproject.toml':
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["idna==3.10"]\n',
    },
    lock: 'tool lock',
    lockfiles: ['uv.lock'],
    build: 'tool sync --frozen --no-install-project --no-python-downloads && .venv/bin/python -c "import idna"',
  },
  {
    preset: 'maven',
    tool: 'mvn',
    files: {
      'pom.xml':
        '<project><modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>app</artifactId><version>1</version>' +
        '<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target></properties>' +
        '<dependencies><dependency><groupId>commons-io</groupId><artifactId>commons-io</artifactId><version>2.16.1</version></dependency></dependencies></project>',
      'src/main/java/App.java': 'class App { Object io = new org.apache.commons.io.input.NullInputStream(1); }\n',
    },
    build: 'tool -B compile',
    coldOnly: /Downloading from/,
    warm: /BUILD SUCCESS/,
  },
  {
    preset: 'gradle',
    tool: 'gradle',
    files: {
      'build.gradle':
        "apply plugin: 'java'\nrepositories { mavenCentral() }\ndependencies { compile 'commons-io:commons-io:2.16.1' }\n",
      'settings.gradle': "rootProject.name = 'app'\n",
      'gradle.properties': 'org.gradle.caching=true\n',
      'src/main/java/App.java': 'class App { Object io = new org.apache.commons.io.input.NullInputStream(1); }\n',
    },
    build: 'tool --no-daemon compileJava',
    coldOnly: /Download https/,
    warm: /:compileJava FROM-CACHE/,
  },
  {
    preset: 'sbt',
    tool: 'sbt',
    // Java alone: a compiler of Scala for the project would be nothing else than one more download.
    files: {
      'build.sbt':
        'autoScalaLibrary := false\ncrossPaths := false\nlibraryDependencies += "commons-io" % "commons-io" % "2.16.1"\n',
      'project/build.properties': 'sbt.version=1.10.7\n',
    },
    build: 'tool "export Compile / externalDependencyClasspath"',
    coldOnly: /\[launcher\] getting org\.scala-sbt sbt/,
    warm: /sbt-downloads\/coursier\/\S+\/commons-io-2\.16\.1\.jar/,
  },
  {
    preset: 'ccache',
    tool: 'ccache',
    files: { 'main.c': 'int main(void) { return 0; }\n' },
    build: 'tool --zero-stats && tool gcc -c main.c -o main.o && tool --show-stats --verbose',
    warm: /Hits: +1 \/ +1/,
    asked: 'ccache',
  },
  {
    preset: 'sccache',
    tool: 'sccache',
    files: { 'main.c': 'int main(void) { return 0; }\n' },
    // The server has a port of its own in the namespace.
    index: 'true',
    build: 'tool gcc -c main.c -o main.o && tool --show-stats && tool --stop-server',
    warm: /Cache hits +1\n/,
    asked: 'sccache',
  },
];
