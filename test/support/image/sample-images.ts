import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toolSet } from '../prerequisites/go-tools.ts';
import { cacheDirectory } from '../cache-directory.ts';
import { runCommand } from '../command.ts';
import { shellEntries } from './busybox.ts';
import type { CachedLayer } from './cached-layer.ts';
import { cachedLayer, putCachedLayer } from './cached-layer.ts';
import { fingerprint } from './fingerprint.ts';
import type { ImageConfig } from './layout.ts';
import { createLayout, putImage } from './layout.ts';
import { nodeRuntime } from './product/node-runtime.ts';
import { pushImage } from './push.ts';
import { sharedObjects } from './shared-objects.ts';
import type { LayerEntries, LayerEntry } from './tar-layer.ts';
import type { Toolchain, ToolchainName } from './toolchain/toolchains.ts';
import { TOOLCHAINS } from './toolchain/toolchains.ts';

/** A shell, and images that build or fetch something, for tests, samples and the demo: pods cannot pull them from elsewhere. */
export type SampleImage = 'shell' | 'node' | 'golang' | 'git' | 'pnpm' | 'registry' | ToolchainName;

interface Recipe {
  readonly repository: string;
  readonly config: ImageConfig;
  readonly layers: () => Promise<readonly CachedLayer[]>;
}

/** Package managers of JavaScript, and their programs. */
const MANAGERS = {
  npm: { version: '11.6.2', programs: { npm: 'npm-cli.js', npx: 'npx-cli.js' } },
  pnpm: { version: '10.12.4', programs: { pnpm: 'pnpm.cjs' } },
} as const;

/** The files of a directory, as far as `isWanted`, below `destination`. */
const entriesOf = async (
  directory: string,
  destination: string,
  isWanted: (path: string) => boolean,
): Promise<Map<string, LayerEntry>> => {
  const entries = new Map<string, LayerEntry>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length + 1);
    if (!isWanted(path)) continue;
    if (entry.isSymbolicLink()) entries.set(join(destination, path), { type: 'link', to: await readlink(file) });
    else if (entry.isFile()) {
      const executable = path.startsWith('bin/') || path.startsWith('pkg/tool/');
      entries.set(join(destination, path), { type: 'file', content: await readFile(file), executable });
    }
  }
  return entries;
};

const shellLayer = async (): Promise<CachedLayer> => {
  const entries = await shellEntries();
  const recipe = await fingerprint([join(import.meta.dirname, 'busybox.ts')], [...entries.keys()]);
  return cachedLayer(`shell-${recipe}`, () => Promise.resolve(entries));
};

/** A package manager as it is published: one package that contains all that it depends on. */
const managerEntries = async (name: keyof typeof MANAGERS): Promise<LayerEntries> => {
  const { version, programs } = MANAGERS[name];
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-npm-'));
  try {
    await runCommand('npm', ['pack', '--silent', `${name}@${version}`], { cwd: scratch });
    await runCommand('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: scratch });
    const modules = `usr/local/lib/node_modules/${name}`;
    const entries = await entriesOf(join(scratch, 'package'), modules, (path) => !/^(?:docs|man)\//.test(path));
    for (const [program, file] of Object.entries(programs)) {
      entries.set(`usr/local/bin/${program}`, { type: 'link', to: `../lib/node_modules/${name}/bin/${file}` });
    }
    return entries;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** Node with package managers. */
const nodeLayers = async (...managers: readonly (keyof typeof MANAGERS)[]): Promise<readonly CachedLayer[]> => {
  const runtime = await nodeRuntime();
  const recipe = await fingerprint([import.meta.filename]);
  const layers = [await cachedLayer(runtime.key, runtime.entries)];
  for (const name of managers) {
    const key = `${name}-${MANAGERS[name].version}-${recipe}`;
    layers.push(await cachedLayer(key, async () => await managerEntries(name)));
  }
  // The shell is last, because its users have one.
  return [...layers, await shellLayer()];
};

/** What a build without cgo does not open. */
const isUnusedByGo = (path: string): boolean =>
  /^(?:api|doc|misc|test)\//.test(path) || /\/testdata\/|_test\.go$/.test(path);

const goLayers = async (): Promise<readonly CachedLayer[]> => {
  const root = (await runCommand('go', ['env', 'GOROOT'])).trim();
  const version = (await runCommand('go', ['env', 'GOVERSION'])).trim();
  const recipe = await fingerprint([import.meta.filename]);
  const entries = (): Promise<LayerEntries> => entriesOf(root, 'usr/local/go', (path) => !isUnusedByGo(path));
  return [await shellLayer(), await cachedLayer(`${version}-${recipe}`, entries)];
};

/** The git of this machine, without what speaks http: it clones by git's own protocol. */
const gitLayers = async (): Promise<readonly CachedLayer[]> => {
  const program = '/usr/bin/git';
  const files = [program, ...(await sharedObjects(program))];
  const recipe = await fingerprint([import.meta.filename, ...files]);
  const entries = async (): Promise<LayerEntries> => {
    const file = async (path: string): Promise<readonly [string, LayerEntry]> => [
      path.slice(1),
      { type: 'file', content: await readFile(path), executable: true },
    ];
    return new Map(await Promise.all(files.map(file)));
  };
  return [await shellLayer(), await cachedLayer(`git-${recipe}`, entries)];
};

/** Distribution's registry with a shell, as its published image has one. */
const registryLayers = async (): Promise<readonly CachedLayer[]> => {
  const program = join(await toolSet('registry', (line) => process.stderr.write(`${line}\n`)), 'registry');
  const recipe = await fingerprint([import.meta.filename, program]);
  const entries = async (): Promise<LayerEntries> =>
    new Map([['bin/registry', { type: 'file', content: await readFile(program), executable: true }]]);
  return [await shellLayer(), await cachedLayer(`registry-${recipe}`, entries)];
};

const ofToolchain = (name: ToolchainName, { environment, layers }: Toolchain): Recipe => ({
  repository: `samples/${name}`,
  config: { Cmd: ['sh'], Env: [...environment, 'HOME=/tmp'], User: '65532:65532', WorkingDir: '/tmp' },
  // The shell is last, because its users have one.
  layers: async () => [...(await layers()), await shellLayer()],
});

const ofNode = (name: string, layers: Recipe['layers']): Recipe => ({
  repository: `samples/${name}`,
  config: {
    Cmd: ['sh'],
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/tmp'],
    User: '65532:65532',
    WorkingDir: '/tmp',
  },
  layers,
});

const RECIPES: Readonly<Record<SampleImage, Recipe>> = {
  shell: {
    repository: 'shell',
    config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin'] },
    layers: async () => [await shellLayer()],
  },
  node: ofNode('node', async () => await nodeLayers('npm')),
  pnpm: ofNode('pnpm', async () => await nodeLayers('npm', 'pnpm')),
  golang: {
    repository: 'samples/golang',
    config: {
      Cmd: ['sh'],
      Env: [
        'PATH=/usr/local/go/bin:/usr/bin:/bin',
        'HOME=/tmp',
        'CGO_ENABLED=0',
        'GOTOOLCHAIN=local',
        'GOFLAGS=-buildvcs=false',
      ],
      User: '65532:65532',
      WorkingDir: '/tmp',
    },
    layers: goLayers,
  },
  git: {
    repository: 'samples/git',
    config: { Cmd: ['sh'], Env: ['PATH=/usr/bin:/bin', 'HOME=/tmp'], User: '65532:65532', WorkingDir: '/tmp' },
    layers: gitLayers,
  },
  registry: {
    repository: 'samples/registry',
    config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin'], User: '65532:65532' },
    layers: registryLayers,
  },
  python: ofToolchain('python', TOOLCHAINS.python),
  rust: ofToolchain('rust', TOOLCHAINS.rust),
  maven: ofToolchain('maven', TOOLCHAINS.maven),
  gradle: ofToolchain('gradle', TOOLCHAINS.gradle),
  ruby: ofToolchain('ruby', TOOLCHAINS.ruby),
  cc: ofToolchain('cc', TOOLCHAINS.cc),
  buildah: ofToolchain('buildah', TOOLCHAINS.buildah),
};

/** Builds an image if need be, pushes it to a registry, and returns its name there. */
export const provideSampleImage = async (name: SampleImage, registry: string): Promise<string> => {
  const { repository, config, layers } = RECIPES[name];
  const layout = cacheDirectory('images', `sample-${name}`);
  await createLayout(layout);
  const put: Awaited<ReturnType<typeof putCachedLayer>>[] = [];
  for (const layer of await layers()) put.push(await putCachedLayer(layout, layer));
  const image = `${registry}/${repository}:1`;
  const { digest } = await putImage(layout, put, config, image);
  await pushImage(layout, image);
  // By its digest: a node that has an older image of this name would go on with it.
  return `${registry}/${repository}@${digest}`;
};
