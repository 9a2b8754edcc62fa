import type { Preset } from '../preset.ts';

/** Languages whose tools keep only what they downloaded. */
export const LANGUAGES: readonly Preset[] = [
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
        // Both may have the password in the URL of a repository.
        exclude: ['hex/hex.config', 'hex/cache.ets'],
      },
    ],
    traps: [
      '`_build` and `deps` are not moved: releases and assets are looked for there. Cache them by `paths` where the sources are a volume.',
      'Hex itself (`mix local.hex`) is in MIX_HOME, which an image should bring along.',
      'The registry is still asked for a record of each package, but for no package: HEX_OFFLINE finds no record.',
    ],
    sources: [
      'hexdocs.pm/hex/Mix.Tasks.Hex.Config.html',
      'hexpm/hex lib/hex/scm.ex, lib/hex/registry/server.ex',
      'actions/cache examples.md "Elixir - Mix"',
    ],
    provedBy: 'test/presets/indexed-projects.ts',
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
