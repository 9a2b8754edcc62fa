import { cratesStock } from '../../mirror/stock/crates-stock.ts';
import { gemsStock } from '../../mirror/stock/gems-stock.ts';
import { gradleStock } from '../../mirror/stock/gradle-stock.ts';
import { mavenStock } from '../../mirror/stock/maven-stock.ts';
import { pythonStock } from '../../mirror/stock/python-stock.ts';
import { count } from './ecosystem.ts';
import type { Ecosystem } from './ecosystem.ts';
import { gradleWork } from './gradle-work.ts';

const CARGO: Ecosystem = {
  name: 'cargo',
  images: { 'docker.io/library/rust:1.95': 'rust' },
  stock: async ({ 'Cargo.toml': manifest = '', 'Cargo.lock': lock = '' }) => await cratesStock(manifest, lock),
  settings: (_, packages) => ({
    '.cargo/config.toml': [
      '[source.crates-io]',
      'replace-with = "mirror"',
      '[source.mirror]',
      `registry = "sparse+${packages}/"`,
      '',
    ].join('\n'),
  }),
  work: (lines) => ({
    downloads: count(lines, /^ *Downloaded \S+ v/),
    compilations: count(lines, /^ *Compiling \S+ v/),
  }),
  // A new checkout is newer than what was compiled of it, for the program and for its tests.
  alwaysCompiled: 2,
};

/** All samples with a preset, in the order of the README. */
export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'npm',
    images: { 'docker.io/library/node:24': 'node' },
    environment: (packages) => ({ npm_config_registry: `${packages}/` }),
  },
  {
    name: 'pnpm',
    images: { 'registry.example.com/images/pnpm:10': 'pnpm' },
    environment: (packages) => ({ npm_config_registry: `${packages}/` }),
  },
  {
    name: 'pip',
    images: { 'docker.io/library/python:3.11': 'python' },
    stock: async ({ 'requirements.txt': requirements = '' }) => await pythonStock(requirements),
    environment: (packages) => ({
      PIP_INDEX_URL: `${packages}/simple/`,
      // pip keeps nothing of a server that it does not trust.
      PIP_TRUSTED_HOST: new URL(packages).host,
    }),
    work: (lines) => ({
      downloads: count(lines, /^ *Downloading /),
      compilations: count(lines, /^ *Building wheel for \S+ .*: started/),
    }),
  },
  CARGO,
  { ...CARGO, name: 'branches', projectOf: 'cargo', way: '`main`, then `feature/x`', branch: 'feature/x' },
  {
    name: 'maven',
    images: { 'docker.io/library/maven:3.9-eclipse-temurin-17': 'maven' },
    stock: mavenStock,
    settings: (_, packages) => ({
      '.mvn/maven.config': '--settings\n.mvn/settings.xml\n',
      '.mvn/settings.xml': `<settings><mirrors><mirror><id>mirror</id><mirrorOf>*</mirrorOf><url>${packages}</url></mirror></mirrors></settings>\n`,
    }),
    work: (lines) => ({ downloads: count(lines, /Downloaded from .*\.(?:jar|pom) \(/) }),
  },
  {
    name: 'gradle',
    images: { 'docker.io/library/gradle:8-jdk17': 'gradle' },
    stock: gradleStock,
    settings: ({ 'build.gradle': build = '' }, packages) => ({
      'build.gradle': build.replace('mavenCentral()', `maven { url '${packages}/' }`),
    }),
    work: gradleWork,
  },
  {
    name: 'bundler',
    images: { 'docker.io/library/ruby:3.1': 'ruby' },
    stock: gemsStock,
    environment: (packages) => ({ BUNDLE_MIRROR__ALL: `${packages}/` }),
    work: (lines) => ({ downloads: count(lines, /^Fetching \S+ \d/) }),
  },
  {
    name: 'ccache',
    images: { 'registry.example.com/images/gcc-ccache:12': 'cc' },
    work: (lines) => ({ compilations: Number(/Misses: +(\d+)/.exec(lines.join('\n'))?.[1] ?? Number.NaN) }),
  },
  {
    name: 'container-build',
    way: '`resolver: cache`',
    images: { 'quay.io/buildah/stable:v1': 'buildah', 'docker.io/library/golang:1.26': 'golang' },
    settings: ({ Containerfile: build = '' }, packages) => {
      const { hostname, origin } = new URL(packages);
      const registry = `${hostname}:5000`;
      return {
        Containerfile: build
          .replace('docker.io/library/golang:1.26', `${registry}/samples/golang:1`)
          // The public image is root's.
          .replace('AS build', 'AS build\nUSER 0')
          .replace('go build', `GOPROXY=${origin}/go go build`),
        'registries.conf': `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`,
      };
    },
    environment: () => ({ CONTAINERS_REGISTRIES_CONF: '/workspace/source/registries.conf' }),
    work: (lines) => ({
      downloads: count(lines, /^go: downloading /),
      compilations: count(lines, /^\S+\/compile -o /),
    }),
  },
];
