import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../support/cache-directory.ts';
import { runCommand } from '../../support/command.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';

/** A tree of real packages, made once from the registries that this machine uses, and kept. */
export interface Corpus {
  readonly name: string;
  readonly title: string;
  /** What it is made of, where that may change: a tree of something else is made anew. */
  readonly of?: Readonly<Record<string, string>>;
  /** Makes the tree in an empty directory. */
  readonly make: (directory: string) => Promise<void>;
}

const NODE_PACKAGES: Readonly<Record<string, string>> = {
  '@angular/core': '17.1.0',
  '@ant-design/icons': '5.3.0',
  '@babel/preset-env': '7.23.9',
  '@fluentui/react-icons': '2.0.226',
  '@types/node': '20.11.0',
  antd: '5.13.3',
  'aws-sdk': '2.1540.0',
  axios: '1.6.0',
  'core-js': '3.35.1',
  'date-fns': '2.30.0',
  eslint: '8.56.0',
  express: '4.18.2',
  jest: '29.7.0',
  lodash: '4.17.21',
  'lodash-es': '4.17.21',
  mongodb: '6.3.0',
  prettier: '3.2.4',
  ramda: '0.29.1',
  react: '18.2.0',
  'react-dom': '18.2.0',
  rxjs: '7.8.1',
  typescript: '5.3.3',
  webpack: '5.90.0',
};
/** Two updates as any project gets them; with what they bring along 1.7 % of the files are new or changed. */
const BUMPS: Readonly<Record<string, string>> = { mongodb: '6.8.0', webpack: '5.94.0' };

const installPackages = async (directory: string, packages: Readonly<Record<string, string>>): Promise<void> => {
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'corpus', version: '1.0.0', private: true, dependencies: packages }, null, 2),
  );
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  await runCommand('npm', args, { cwd: directory, timeout: 900_000 });
};

export const NODE_MODULES: Corpus = {
  name: 'node_modules',
  title: 'node_modules of 23 packages',
  make: (directory) => installPackages(directory, NODE_PACKAGES),
};

export const NODE_MODULES_BUMPED: Corpus = {
  name: 'node_modules-bumped',
  title: 'the same after two dependency bumps',
  of: { ...NODE_PACKAGES, ...BUMPS },
  make: async (directory) => {
    await cp(await corpus(NODE_MODULES), directory, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
    await installPackages(directory, { ...NODE_PACKAGES, ...BUMPS });
  },
};

const registryTools = join(import.meta.dirname, '../../tools/registry');

export const GO_MODULES: Corpus = {
  name: 'go-modules',
  title: 'Go module cache',
  make: async (directory) => {
    await runCommand('go', ['mod', 'download'], {
      cwd: registryTools,
      env: { GOMODCACHE: directory, GOFLAGS: '-modcacherw' },
      timeout: 900_000,
    });
  },
};

export const GO_BUILD: Corpus = {
  name: 'go-build',
  title: 'Go build cache',
  make: async (directory) => {
    const env = { GOCACHE: directory, CGO_ENABLED: '0' };
    await runCommand('go', ['build', '-o', '/dev/null', 'github.com/google/go-containerregistry/cmd/crane'], {
      cwd: registryTools,
      env,
      timeout: 900_000,
    });
  },
};

export const LARGE_FILES: Corpus = {
  name: 'large-files',
  title: 'five large binaries',
  make: async (directory) => {
    const tools = await toolSet('kubernetes', () => undefined);
    for (const name of (await readdir(tools)).filter((file) => file.startsWith('kube')).slice(0, 5)) {
      await cp(join(tools, name), join(directory, name), { preserveTimestamps: true });
    }
  },
};

export const PYTHON_VENV: Corpus = {
  name: 'python-venv',
  title: 'Python virtual environment',
  make: async (directory) => {
    await runCommand('python3', ['-m', 'venv', directory], { timeout: 300_000 });
    await runCommand(join(directory, 'bin/pip'), ['install', '-q', 'django', 'numpy', 'requests', 'pyyaml'], {
      timeout: 900_000,
    });
  },
};

/** A corpus of `count` small files, for the growth of cost; sizes like those of packages, median about 1 KiB. */
export const manyFiles = (count: number): Corpus => ({
  name: `files-${count}`,
  title: `${count} small files`,
  make: async (directory) => {
    const words = createHash('sha512').update('tekton-cache').digest('hex').repeat(64);
    for (let index = 0; index < count; index++) {
      const folder = join(directory, `d${Math.floor(index / 10_000)}`, `e${Math.floor(index / 100) % 100}`);
      if (index % 100 === 0) await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `f${index}.js`), `${index} ${words.slice(0, 200 + ((index * 7919) % 2000))}`);
    }
    await symlink('d0', join(directory, 'link'));
  },
});

/** Directory of the corpus; made when it is not there. */
export const corpus = async ({ name, of, make }: Corpus): Promise<string> => {
  const suffix =
    of === undefined ? '' : `-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 8)}`;
  const directory = cacheDirectory('corpora', `${name}${suffix}`);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await make(partial);
    await rename(partial, directory);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return directory;
};
