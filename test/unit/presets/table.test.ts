import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { GlobState } from '../../../shared/glob/glob-state.ts';
import { readGlobs } from '../../../shared/glob/glob.ts';
import { environmentOf } from '../../../shared/presets/environment.ts';
import { cacheName } from '../../../shared/presets/preset.ts';
import { findPreset, PRESET_NAMES, PRESETS } from '../../../shared/presets/table.ts';

const ROOT = new URL('../../../', import.meta.url);
const CACHES = PRESETS.flatMap((preset) =>
  preset.caches.map((cache) => ({ preset, cache, name: cacheName(preset, cache) })),
);

describe('the table of presets', () => {
  it('has the tools that people ask for', () => {
    const wanted =
      'go npm pnpm yarn bun deno pip uv poetry cargo maven gradle sbt bundler composer nuget mix dart-pub terraform helm ccache sccache playwright';
    expect(PRESET_NAMES).to.have.members(wanted.split(' '));
    expect(findPreset('go')?.title).to.equal('Go');
  });

  it('has names that fit into a tag, a directory and a result, each once', () => {
    const names = CACHES.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  });

  it('has downloads first, and one cache of a kind', () => {
    for (const { name, caches } of PRESETS) {
      const kinds = caches.map(({ kind }) => kind).join();
      expect(kinds, name).to.match(/^(downloads|build|downloads,build)$/);
    }
  });

  it('moves every cache into its directory', () => {
    for (const { name, cache } of CACHES) {
      expect(
        cache.env.some(({ value }) => value.includes('{{cache}}/')),
        name,
      ).to.equal(true);
      for (const { value } of cache.env)
        expect(value.replaceAll(/\{\{(cache|source)\}\}/g, ''), name).not.to.match(/[{}]/);
    }
  });

  it('has globs that the hash and the archive know, and hashes something unless the cache is named by branch', () => {
    for (const { name, cache } of CACHES) {
      const files = readGlobs('files', cache.files);
      readGlobs('exclude', cache.exclude);
      if (cache.kind === 'downloads')
        expect(
          files.filter(({ excludes }) => !excludes),
          name,
        ).not.to.deep.equal([]);
    }
  });

  it('knows which files may go before it says how many there may be, and names none that a tool does not mark', () => {
    for (const { name, cache } of CACHES) {
      const { eviction, maxSize } = cache;
      expect(maxSize === undefined || eviction !== undefined, name).to.equal(true);
      readGlobs('eviction', eviction?.files ?? []);
    }
    const goes = (name: string, path: string): boolean => {
      const files = CACHES.find((found) => found.name === name)?.cache.eviction?.files ?? [];
      return GlobState.top(readGlobs('eviction', files)).at(path).matched.length > 0;
    };
    const hash = '0'.repeat(64);
    for (const end of ['a', 'd']) expect(goes('go-build', `build/00/${hash}-${end}`)).to.equal(true);
    for (const path of ['README', 'trim.txt']) expect(goes('go-build', `build/${path}`)).to.equal(false);
    // Of a program that `go run` keeps, Go marks the directory: it goes by that time, and so is not named itself.
    expect(goes('go-build', `build/00/${hash}-d/app`)).to.equal(false);
    expect(goes('ccache-build', 'ccache/0/1/abcR')).to.equal(true);
    for (const path of ['ccache.conf', 'CACHEDIR.TAG', '0/1/stats'])
      expect(goes('ccache-build', `ccache/${path}`)).to.equal(false);
    expect(goes('sccache-build', 'sccache/0/1/abc')).to.equal(true);
  });

  it('never gives one variable two values, so that presets can be used together', () => {
    const places = { root: '/caches', source: '/source' };
    const each = PRESETS.flatMap((preset) => environmentOf([preset], places));
    const together = environmentOf(PRESETS, places);
    for (const variable of each) expect(together).to.deep.include(variable);
  });

  it('hashes what says which packages there are, wherever a project has it', () => {
    const hashed: Record<string, string[]> = {
      'go-downloads': ['go.sum', 'go.work', 'go.work.sum', 'tools/go.mod'],
      'uv-downloads': ['uv.lock', 'requirements-dev.txt', 'dev-requirements.txt', 'api/pylock.toml', 'pyproject.toml'],
      'pip-downloads': [
        'requirements/base.txt',
        'requirements/ci/lint.txt',
        'dev-requirements.txt',
        'test_requirements.txt',
        'upper-constraints.txt',
        'setup.cfg',
        'pylock.dev.toml',
      ],
      'maven-downloads': ['.mvn/maven.config', 'app/pom.xml'],
      'bundler-downloads': ['gemfiles/rails_7.gemfile.lock', 'Gemfile.next.lock', 'gems.locked'],
      'gradle-build': ['app/gradle/libs.versions.toml', 'gradle/verification-metadata.xml'],
      'sbt-downloads': ['app/project/Dependencies.scala', 'project/plugins.sbt'],
      'nuget-downloads': [
        'Directory.Build.props',
        '.config/dotnet-tools.json',
        'global.json',
        'src/packages.lock.json',
        'paket.lock',
      ],
      'playwright-downloads': ['bun.lockb', 'deno.lock', 'e2e/uv.lock', 'Pipfile.lock', 'test-requirements.txt'],
    };
    for (const [name, files] of Object.entries(hashed)) {
      const globs = GlobState.top(readGlobs('files', CACHES.find((found) => found.name === name)?.cache.files ?? []));
      for (const file of files) expect(globs.at(file).covered, `${name} ${file}`).to.equal(true);
    }
  });

  it('has the image in the key of whatever tools compile, also by scripts of packages', () => {
    const native = CACHES.filter(({ cache }) => cache.native).map(({ name }) => name);
    const wanted =
      'go-build cargo-build ccache-build sccache-build bundler-downloads pnpm-downloads playwright-downloads uv-downloads poetry-downloads pip-downloads';
    expect(native).to.have.members(wanted.split(' '));
  });

  it('keeps no file that holds credentials of the tool', () => {
    const secrets: Record<string, string[]> = {
      'cargo-downloads': ['home/credentials', 'home/credentials.toml', 'home/config.toml'],
      'gradle-build': [
        'home/gradle.properties',
        'home/init.d',
        'home/init.gradle',
        'home/init.gradle.kts',
        'home/caches/8.10/cc-keystore/gradle.keystore',
        'home/build-scan-data/4.0/previous/x.scan',
      ],
      // The URL in the copy of a repository has what Bundler was given for the host, whichever engine runs it.
      'bundler-downloads': ['ruby/3.3.0', 'jruby/3.1.0', 'truffleruby/3.3.0.1'].map(
        (engine) => `bundle/${engine}/cache/bundler/git/x-0123/config`,
      ),
      // The URL in the copy of a repository may have a token.
      'composer-downloads': ['composer/vcs/https---example.com-x.git/config'],
      'ccache-build': ['ccache/ccache.conf'],
      'deno-downloads': ['deno/location_data/x'],
      'sbt-downloads': ['ivy/.credentials'],
      'mix-downloads': ['hex/hex.config'],
      'dart-pub-downloads': ['pub/pub-credentials.json', 'pub/credentials.json', 'pub/pub-tokens.json'],
    };
    for (const [name, files] of Object.entries(secrets)) {
      const globs = GlobState.top(
        readGlobs('exclude', CACHES.find((found) => found.name === name)?.cache.exclude ?? []),
      );
      for (const file of files) expect(globs.at(file).covered, `${name} ${file}`).to.equal(true);
    }
  });

  it('says where its facts are from', () => {
    for (const { name, sources, traps } of PRESETS) {
      expect(sources, name).not.to.deep.equal([]);
      for (const trap of traps) expect(trap, name).to.match(/^\S.*[.)]$/);
    }
  });

  it('calls proved only what a test with the real tool is about', () => {
    for (const { name, provedBy } of PRESETS) {
      if (provedBy === undefined) continue;
      expect(existsSync(new URL(provedBy, ROOT)), provedBy).to.equal(true);
      expect(readFileSync(new URL(provedBy, ROOT), 'utf8'), provedBy).to.include(`'${name}'`);
    }
  });
});
