import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import { runCommand } from '../command.ts';
import { goBuild } from './build-progress.ts';

/** The Tekton that the suites run on, or the oldest that an installation may have. */
export type TektonToolSet = 'tekton' | 'tekton-oldest';
export const isTekton = (name: string): name is TektonToolSet => name === 'tekton' || name === 'tekton-oldest';

/** One Go module below `test/tools`; its go.mod pins what is built. */
export type ToolSetName = (typeof TOOL_SET_NAMES)[number] | TektonToolSet | WeeklyToolSet | MeasuredToolSet | 'peers';
/** What the suites run that are no part of `npm test`. */
type WeeklyToolSet = 's3' | 'chains' | 'cosign';
/** What `npm run bench:tokens` runs, beside Tekton's kinds. */
type MeasuredToolSet = 'api-server' | 'asker';

/** What the suites need; `peers` is for the benchmarks alone, `tekton-oldest` for `npm run cluster -- up --tekton oldest`, `s3` for `npm run test:bucket`, `chains` for `npm run test:chains`, `cosign` for `npm run test:cosign`, `api-server` and `asker` for `npm run bench:tokens`. */
export const TOOL_SET_NAMES = ['kubernetes', 'tekton', 'dns', 'registry'] as const;

interface ToolSet {
  /** The module below `test/tools`, where it has not the name of the set. */
  readonly module?: string;
  /** What `go build` builds; `tool` stands for all tool directives of go.mod. */
  readonly packages: string;
  readonly linkFlags: readonly string[];
  /** For programs whose speed no benchmark depends on: without inlining the compiler needs two thirds of the time. */
  readonly compileFlags?: readonly string[];
  /** A folder of a required module that is kept beside the binaries. */
  readonly keep?: { readonly module: string; readonly folder: string };
}

const KUBERNETES_VERSION = 'v1.34.4';
const versionFlag = (name: string, value: string): string => `-X k8s.io/component-base/version.${name}=${value}`;

const WITHOUT_INLINING = ['-gcflags=all=-l'];

const TEKTON: ToolSet = {
  packages: 'tool',
  linkFlags: [],
  compileFlags: WITHOUT_INLINING,
  keep: { module: 'github.com/tektoncd/pipeline', folder: 'config' },
};

// Without these the API server has no version, and Tekton's check of it fails.
const KUBERNETES_FLAGS = [
  versionFlag('gitVersion', KUBERNETES_VERSION),
  versionFlag('gitMajor', '1'),
  versionFlag('gitMinor', '34'),
  versionFlag('gitTreeState', 'clean'),
];

const TOOL_SETS: Readonly<Record<ToolSetName, ToolSet>> = {
  kubernetes: { packages: 'tool', linkFlags: KUBERNETES_FLAGS, compileFlags: WITHOUT_INLINING },
  // Compiled as its makers do, and as it is in clusters.
  'api-server': { module: 'kubernetes', packages: 'k8s.io/kubernetes/cmd/kube-apiserver', linkFlags: KUBERNETES_FLAGS },
  tekton: TEKTON,
  'tekton-oldest': TEKTON,
  dns: { packages: '.', linkFlags: [], compileFlags: WITHOUT_INLINING },
  registry: { packages: 'tool', linkFlags: [] },
  s3: { packages: 'tool', linkFlags: [] },
  chains: { packages: '.', linkFlags: [] },
  cosign: { packages: 'tool', linkFlags: [], compileFlags: WITHOUT_INLINING },
  asker: { packages: '.', linkFlags: [] },
  peers: { packages: 'tool', linkFlags: [] },
};

const sourceDirectory = (name: ToolSetName): string =>
  join(import.meta.dirname, '..', '..', 'tools', TOOL_SETS[name].module ?? name);

const digestOf = async (name: ToolSetName): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(TOOL_SETS[name]));
  const files = TOOL_SETS[name].packages === '.' ? ['go.mod', 'go.sum', 'main.go'] : ['go.mod', 'go.sum'];
  for (const file of files) hash.update(await readFile(join(sourceDirectory(name), file)));
  return hash.digest('hex').slice(0, 16);
};

// GOGC: two compilers run at once, and memory is there. The collector would take a twentieth of the time.
// Static binaries: Tekton's entrypoint has to start in images that have no C library.
const GO_ENV = { GOGC: '400', CGO_ENABLED: '0', GOFLAGS: '-trimpath -buildvcs=false -mod=readonly', GOWORK: 'off' };

const build = async (name: ToolSetName, destination: string, report: (line: string) => void): Promise<void> => {
  const cwd = sourceDirectory(name);
  const set = TOOL_SETS[name];
  const partial = `${destination}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    const flags = [...(set.compileFlags ?? []), '-ldflags', ['-s -w', ...set.linkFlags].join(' ')];
    await goBuild(
      { name, packages: set.packages, flags },
      `${partial}/`,
      { cwd, env: GO_ENV, timeout: 1_800_000 },
      report,
    );
    if (set.keep) {
      const directory = await runCommand('go', ['list', '-m', '-f', '{{.Dir}}', set.keep.module], { cwd, env: GO_ENV });
      await cp(join(directory.trim(), set.keep.folder), join(partial, set.keep.folder), { recursive: true });
      // The module cache is read-only, and so would be the copy, which nobody could delete again.
      await runCommand('chmod', ['-R', 'u+w', partial]);
    }
    await rename(partial, destination);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
};

/** Directory of the binaries of a tool set, whether they are built or not. Its name changes with what is built. */
export const toolDirectory = async (name: ToolSetName): Promise<string> =>
  cacheDirectory('tools', `${name}-${await digestOf(name)}`);

/** Downloads the modules that a tool set is built from, unless it is built. Go locks what two of its commands download. */
export const downloadModules = async (name: ToolSetName): Promise<void> => {
  if (existsSync(await toolDirectory(name))) return;
  const options = { cwd: sourceDirectory(name), env: GO_ENV, timeout: 1_800_000 };
  await runCommand('go', ['list', '-deps', '-f', ' ', TOOL_SETS[name].packages], options);
};

/** Directory with the binaries of a tool set; builds them when this version of them was never built before. */
export const toolSet = async (name: ToolSetName, report: (line: string) => void): Promise<string> => {
  const destination = await toolDirectory(name);
  if (existsSync(destination)) return destination;
  report(`building Go tools: ${name} (once; its modules are downloaded first)`);
  const started = Date.now();
  await build(name, destination, report);
  report(`built ${name} in ${Math.round((Date.now() - started) / 1000)} s`);
  return destination;
};
