import { GIB } from '../preset.ts';
import type { Preset } from '../preset.ts';

export const LANGUAGES: readonly Preset[] = [
  {
    name: 'go',
    title: 'Go',
    family: 'other',
    marks: [{ files: ['go.mod'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/go/pkg/mod',
        env: [{ name: 'GOMODCACHE', value: '{{cache}}/mod', source: 'go help environment' }],
        files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
        native: false,
        exclude: ['mod/cache/lock', 'mod/cache/download/**/*.lock'],
      },
      {
        kind: 'build',
        usually: '~/.cache/go-build',
        env: [{ name: 'GOCACHE', value: '{{cache}}/build', source: 'go help environment' }],
        files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
        native: true,
        exclude: ['build/fuzz'],
        // README, trim.txt and fuzz are of another kind.
        eviction: { files: ['build/??/*-[ad]'], unit: 'file', usedBy: 'mtime', markedEveryMs: 60 * 60 * 1000 },
        maxSize: 2 * GIB,
      },
    ],
    traps: [
      'Module directories are read-only (0555): who else than the fetch has to write into them or delete them needs `GOFLAGS=-modcacherw`.',
      'Results of tests are in the build cache too: `go test -count=1` where they are not wanted.',
      'Go does not notice that a C library of cgo changed: the image of the steps is in the key.',
      'Go deletes by itself what the build cache has not used for five days.',
    ],
    sources: ['go help cache', 'go help environment', 'actions/setup-go src/cache-restore.ts'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'cargo',
    title: 'Cargo',
    family: 'other',
    marks: [
      { files: ['Cargo.lock'], sure: true },
      { files: ['Cargo.toml'], sure: false, alone: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cargo',
        env: [
          { name: 'CARGO_HOME', value: '{{cache}}/home', source: 'rust-lang/cargo src/doc/src/guide/cargo-home.md' },
        ],
        files: ['**/Cargo.lock', '!**/target'],
        native: false,
        exclude: [
          'home/registry/src',
          'home/git/checkouts',
          'home/bin',
          'home/env*',
          'home/config*',
          'home/credentials*',
          'home/.crates*',
          'home/.package-cache*',
          'home/.global-cache*',
        ],
      },
      {
        kind: 'build',
        usually: 'target',
        env: [
          {
            name: 'CARGO_BUILD_BUILD_DIR',
            value: '{{cache}}/build',
            source: 'rust-lang/cargo src/doc/src/reference/build-cache.md',
          },
          {
            name: 'CARGO_INCREMENTAL',
            value: '0',
            source: 'rust-lang/cargo src/doc/src/reference/environment-variables.md',
          },
        ],
        files: ['**/Cargo.lock', '**/rust-toolchain*', '!**/target'],
        native: true,
        exclude: ['build/**/incremental'],
        // Cargo reads the fingerprint of each unit of the graph in every build.
        eviction: { files: ['build/**'], unit: 'hash', usedBy: 'atime', markedEveryMs: 0 },
      },
    ],
    traps: [
      'Before Cargo 1.91 there is no CARGO_BUILD_BUILD_DIR: the build goes on in `target`, without its cache. CARGO_TARGET_DIR would move the programs as well, and scripts look for them in `target`.',
      'Cargo compares times: a fresh checkout builds the crates of the workspace again, those of the registry not.',
      'A moved CARGO_HOME has no `config.toml` and no credentials of the home directory: put them into variables (CARGO_REGISTRIES_...).',
    ],
    sources: [
      'rust-lang/cargo src/doc/src/guide/cargo-home.md',
      'Swatinem/rust-cache README',
      'actions/cache examples.md "Rust - Cargo"',
    ],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'bundler',
    title: 'Bundler',
    family: 'other',
    marks: [
      { files: ['Gemfile.lock'], sure: true },
      { files: ['gems.locked'], sure: true },
      { files: ['Gemfile'], sure: false, alone: true },
      { files: ['gems.rb'], sure: false, alone: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: 'vendor/bundle',
        env: [{ name: 'BUNDLE_PATH', value: '{{cache}}/bundle', source: 'bundler.io/man/bundle-config.1.html' }],
        files: ['**/Gemfile*.lock', '**/*.gemfile.lock', '**/gems.locked', '**/.ruby-version', '!**/vendor'],
        native: true,
        // By engine (ruby, jruby, truffleruby) and version. The copy of a repository of git has its URL, with the credential that Bundler was given.
        exclude: ['bundle/*/*/cache', 'bundle/*/*/doc'],
        trim: 'bundle clean',
      },
    ],
    traps: [
      'C extensions bind to libraries of the system: the image of the steps is in the key.',
      'A `.bundle/config` in the project, or BUNDLE_APP_CONFIG of the image, wins over the variable.',
      'Gems are installed there, and their programs are in no PATH: `bundle exec rake`, not `rake`. The resolver leaves the variable out of Tasks that do one without the other, and of those whose gems come with the image or are for `vendor/bundle`.',
      'After a fallback old gems stay for ever without `bundle clean`.',
    ],
    sources: ['ruby/setup-ruby README "Caching bundle install"', 'bundler.io/man/bundle-config.1.html'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
  {
    name: 'composer',
    title: 'Composer',
    family: 'other',
    marks: [
      { files: ['composer.lock'], sure: true },
      { files: ['composer.json'], sure: false, alone: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/composer',
        env: [{ name: 'COMPOSER_CACHE_DIR', value: '{{cache}}/composer', source: 'composer doc/03-cli.md' }],
        files: ['**/composer.lock', '!**/vendor'],
        native: false,
        // The copy of a repository may have the token in its URL (Composer\Util\Git::syncMirror).
        exclude: ['composer/repo', 'composer/vcs'],
      },
    ],
    traps: [
      'Composer empties the cache by itself: more than 300 MiB (cache-files-maxsize), and what is older than 6 months.',
      '`vendor` is not cached: plugins run code at install. Packages from a repository of git (`--prefer-source`, `vcs`) are not either.',
    ],
    sources: ['composer doc/06-config.md', 'composer doc/03-cli.md', 'actions/cache examples.md "PHP - Composer"'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
  {
    name: 'nuget',
    title: 'NuGet',
    family: 'other',
    marks: [
      { files: ['packages.lock.json'], sure: true },
      { files: ['*.{csproj,fsproj,vbproj,sln,slnx}'], sure: false },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.nuget/packages',
        env: [
          {
            name: 'NUGET_PACKAGES',
            value: '{{cache}}/packages',
            source: 'learn.microsoft.com/nuget/consume-packages/managing-the-global-packages-and-cache-folders',
          },
        ],
        files: [
          '**/packages.lock.json',
          '**/paket.lock',
          '**/*.{csproj,fsproj,vbproj}',
          '**/Directory.{Packages,Build}.props',
          '**/Directory.Build.targets',
          '**/dotnet-tools.json',
          '**/global.json',
          '!**/{bin,obj}',
        ],
        native: false,
        exclude: [],
      },
    ],
    traps: [
      'Without `packages.lock.json` versions may float: what the key does not see is downloaded.',
      'NU1403 when a package came through a fallback folder with another hash: DisableImplicitNuGetFallbackFolder.',
    ],
    sources: [
      'learn.microsoft.com/nuget/consume-packages/managing-the-global-packages-and-cache-folders',
      'actions/setup-dotnet README "Caching NuGet Packages"',
    ],
  },
  {
    name: 'mix',
    title: 'Elixir Mix',
    family: 'other',
    marks: [
      { files: ['mix.lock'], sure: true },
      { files: ['mix.exs'], sure: false, alone: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.hex',
        env: [{ name: 'HEX_HOME', value: '{{cache}}/hex', source: 'hexdocs.pm/hex/Mix.Tasks.Hex.Config.html' }],
        files: ['**/mix.lock', '!**/{deps,_build}'],
        native: false,
        exclude: ['hex/hex.config', 'hex/cache.ets'],
      },
    ],
    traps: [
      '`_build` and `deps` are not moved: releases and assets are looked for there. Cache them by `paths` where the sources are a volume.',
      'Hex itself (`mix local.hex`) is in MIX_HOME, which an image should bring along.',
    ],
    sources: ['hexdocs.pm/hex/Mix.Tasks.Hex.Config.html', 'actions/cache examples.md "Elixir - Mix"'],
  },
  {
    name: 'dart-pub',
    title: 'Dart and Flutter pub',
    family: 'other',
    marks: [
      { files: ['pubspec.lock'], sure: true },
      { files: ['pubspec.yaml'], sure: false, alone: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.pub-cache',
        env: [{ name: 'PUB_CACHE', value: '{{cache}}/pub', source: 'dart.dev/tools/pub/environment-variables' }],
        files: ['**/pubspec.lock'],
        native: false,
        exclude: ['pub/bin', 'pub/log', 'pub/*credentials.json', 'pub/*tokens.json'],
      },
    ],
    traps: [
      '`.dart_tool/package_config.json` has absolute paths into PUB_CACHE: run `pub get --offline` after the fetch.',
    ],
    sources: ['dart.dev/tools/pub/environment-variables'],
  },
];
