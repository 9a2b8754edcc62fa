/** Projects with an index of packages of their own: their tools ask it although they have the package, or no public one can be asked here. */
import type { Project } from './project.ts';

const PYPI_INDEX = [
  'mkdir -p simple/idna && python3 -m pip download --quiet --no-deps -d simple/idna idna==3.10',
  'cd simple/idna && printf \'<a href="%s">x</a>\' *.whl > index.html',
].join(' && ');

/** Which repositories there are stands in the home of Hex, and is no part of the cache: it may hold a password. */
const HEX_REPOSITORY = 'tool hex.repo add index $INDEX_URL --public-key=../index/public_key';

const HEX_PACKAGE =
  'defmodule Greeting.MixProject do use Mix.Project; def project, do: [app: :greeting, version: "1.0.0", description: "x", ' +
  'package: [licenses: ["MIT"], links: %{}]] end';

/** Terraform asks registries by HTTPS alone, or takes providers from a directory. Before the first fetch nothing has made that of the cache. */
const TERRAFORM_MIRROR = [
  'mkdir -p "$TF_PLUGIN_CACHE_DIR"',
  `printf 'provider_installation { filesystem_mirror { path = "%s" } }' "$(cd ../index && pwd)" > ../terraformrc`,
  'export TF_CLI_CONFIG_FILE="$PWD/../terraformrc"',
].join('; ');

/** What a registry of npm says of a package with these versions. */
function packument(...versions: readonly string[]): string {
  const entry = (version: string) => ({
    name: 'greeting',
    version,
    dist: { tarball: `http://127.0.0.1:8080/greeting-${version}.tgz` },
  });
  return JSON.stringify({
    name: 'greeting',
    'dist-tags': { latest: versions.at(-1) },
    versions: Object.fromEntries(versions.map((version) => [version, entry(version)])),
  });
}

export const INDEXED_PROJECTS: readonly Project[] = [
  {
    preset: 'npm',
    title: 'npm, of what no lockfile names,',
    tool: 'npm',
    files: { 'package-lock.json': JSON.stringify({ name: 'app', lockfileVersion: 3, packages: {} }) },
    index: [
      'mkdir package && cd package',
      'for v in 1.0.0 1.1.0; do echo "{\\"name\\":\\"greeting\\",\\"version\\":\\"$v\\"}" > package.json; tool pack --pack-destination ..; done',
      'cd .. && mkdir greeting',
      `printf '%s' '${packument('1.0.0')}' > greeting/index.html && printf '%s' '${packument('1.0.0', '1.1.0')}' > next`,
    ].join(' && '),
    // The next version is published when the first build has what it asked for.
    build:
      'tool install --no-save --no-audit --registry $INDEX_URL greeting@latest && cp ../index/next ../index/greeting/index.html && grep version node_modules/greeting/package.json',
    coldOnly: /"version":"1\.0\.0"/,
    warm: /"version":"1\.1\.0"/,
  },
  {
    preset: 'pip',
    tool: 'python3',
    files: { 'requirements.txt': 'idna==3.10\n' },
    index: PYPI_INDEX,
    // Of plain HTTP pip keeps only what a trusted host sends.
    build:
      'tool -m pip install --trusted-host 127.0.0.1 --index-url $INDEX_URL/simple --target lib -r requirements.txt && PYTHONPATH=lib tool -c "import idna"',
    coldOnly: /GET \/simple\/idna\/\S+\.whl/,
    warm: /Using cached \S*idna/,
  },
  {
    preset: 'poetry',
    tool: 'poetry',
    files: {
      'pyproject.toml':
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["idna==3.10"]\n' +
        '[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "index"\nurl = "http://127.0.0.1:8080/simple/"\npriority = "primary"\n',
    },
    index: PYPI_INDEX,
    lock: 'tool lock --no-interaction',
    lockfiles: ['poetry.lock'],
    build: 'tool install --no-interaction && tool run python -c "import idna"',
    coldOnly: /GET \/simple\/idna\/\S+\.whl/,
  },
  {
    preset: 'bundler',
    tool: 'bundle',
    files: {
      Gemfile: 'source "http://127.0.0.1:8080"\ngem "greeting", "1.0.0"\n',
    },
    index: [
      'mkdir -p gem/lib gems && cd gem && echo "GREETING = 1" > lib/greeting.rb',
      `printf 'Gem::Specification.new { |s| s.name = "greeting"; s.version = "1.0.0"; s.summary = "x"; s.authors = ["x"]; s.files = ["lib/greeting.rb"] }' > greeting.gemspec`,
      'gem build greeting.gemspec && mv greeting-1.0.0.gem ../gems && cd .. && gem generate_index --directory .',
    ].join(' && '),
    lock: 'tool lock',
    lockfiles: ['Gemfile.lock'],
    build: 'tool install && tool exec ruby -e "require \'greeting\'"',
    coldOnly: /GET \/gems\/greeting-1\.0\.0\.gem/,
    warm: /Using greeting 1\.0\.0/,
  },
  {
    preset: 'composer',
    tool: 'composer',
    files: {
      'composer.json': JSON.stringify({
        repositories: [{ type: 'composer', url: 'http://127.0.0.1:8080' }, { packagist: false }],
        require: { 'example/greeting': '1.0.0' },
        config: { 'secure-http': false },
      }),
    },
    index: [
      'mkdir -p greeting && echo \'{"name":"example/greeting"}\' > greeting/composer.json',
      "python3 -c \"import shutil; shutil.make_archive('greeting', 'zip', '.', 'greeting')\"",
      `printf '%s' '${JSON.stringify({
        packages: {
          'example/greeting': {
            '1.0.0': {
              name: 'example/greeting',
              version: '1.0.0',
              dist: { type: 'zip', url: 'http://127.0.0.1:8080/greeting.zip', reference: 'abc' },
            },
          },
        },
      })}' > packages.json`,
    ].join(' && '),
    lock: 'COMPOSER_ALLOW_SUPERUSER=1 tool update --no-install --no-interaction',
    lockfiles: ['composer.lock'],
    build:
      'COMPOSER_ALLOW_SUPERUSER=1 tool install --no-interaction -vv && test -f vendor/example/greeting/composer.json',
    coldOnly: /GET \/greeting\.zip/,
    warm: /from cache/,
  },
  {
    preset: 'mix',
    tool: 'mix',
    files: {
      'mix.exs':
        'defmodule App.MixProject do\n  use Mix.Project\n' +
        '  def project, do: [app: :app, version: "1.0.0", deps: [{:greeting, "1.0.0", repo: "index"}]]\nend\n',
    },
    // Hex makes a registry of files, with a signature.
    index: [
      'mkdir -p tarballs greeting/lib && echo "defmodule Greeting do def hello, do: :hello end" > greeting/lib/greeting.ex',
      `printf '%s' '${HEX_PACKAGE}' > greeting/mix.exs`,
      '(cd greeting && tool hex.build --output ../tarballs/greeting-1.0.0.tar) && rm -r greeting',
      'openssl genrsa -out ../key.pem && tool hex.registry build . --name=index --private-key=../key.pem',
    ].join(' && '),
    lock: `${HEX_REPOSITORY} && tool deps.get`,
    lockfiles: ['mix.lock'],
    build: `${HEX_REPOSITORY} && tool deps.get --check-locked && tool run -e ":hello = Greeting.hello()"`,
    coldOnly: /GET \/tarballs\/greeting-1\.0\.0\.tar/,
    warm: /GET \/packages\/greeting/,
  },
  {
    preset: 'terraform',
    tool: 'terraform',
    files: {
      'main.tf':
        'terraform {\n  required_providers {\n    greeting = { source = "example.com/test/greeting", version = "1.0.0" }\n  }\n}\n',
    },
    // A provider is not started before there is something to plan: any program has to do.
    index: [
      'mkdir -p example.com/test/greeting && echo "#!/bin/sh" > terraform-provider-greeting_v1.0.0 && chmod +x terraform-provider-greeting_v1.0.0',
      "python3 -c \"import zipfile; zipfile.ZipFile('example.com/test/greeting/terraform-provider-greeting_1.0.0_linux_amd64.zip', 'w').write('terraform-provider-greeting_v1.0.0')\"",
    ].join(' && '),
    lock: `${TERRAFORM_MIRROR}; tool init -no-color`,
    lockfiles: ['.terraform.lock.hcl'],
    build: `${TERRAFORM_MIRROR}; tool init -no-color && tool version`,
    coldOnly: /Installing example\.com\/test\/greeting/,
    warm: /Using example\.com\/test\/greeting v1\.0\.0 from the shared cache directory/,
  },
  {
    preset: 'helm',
    tool: 'helm',
    files: { 'Chart.lock': 'dependencies: []\n' },
    index: [
      'mkdir greeting && printf "apiVersion: v2\\nname: greeting\\nversion: 1.0.0\\n" > greeting/Chart.yaml',
      'tool package greeting && rm -r greeting && tool repo index .',
    ].join(' && '),
    build: 'tool repo add charts $INDEX_URL && tool template app charts/greeting --version 1.0.0',
    coldOnly: /GET \/greeting-1\.0\.0\.tgz/,
  },
  {
    preset: 'playwright',
    tool: 'playwright',
    files: {
      'playwright.config.ts': 'export default {};\n',
      'package-lock.json': '{}',
    },
    // The browsers' own server is not a registry of packages: an archive like theirs has to do.
    index: [
      'echo "#!/bin/sh" > ffmpeg-linux && chmod +x ffmpeg-linux',
      "python3 -c \"import zipfile; zipfile.ZipFile('ffmpeg.zip', 'w').write('ffmpeg-linux')\"",
      // The revision is in the path.
      'for r in $(seq 1000 1030); do mkdir -p builds/ffmpeg/$r && cp ffmpeg.zip builds/ffmpeg/$r/ffmpeg-linux.zip; done',
    ].join(' && '),
    build:
      'export PLAYWRIGHT_DOWNLOAD_HOST=$INDEX_URL; tool install ffmpeg && test -x "$PLAYWRIGHT_BROWSERS_PATH"/ffmpeg-*/ffmpeg-linux',
    coldOnly: /GET \S+ffmpeg-linux\.zip/,
  },
];
