/** Node for a named architecture: the official binary, and Debian's libraries for it. Nothing of this machine is in it. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { cacheDirectory } from '../../cache-directory.ts';
import { runCommand } from '../../command.ts';
import { fingerprint } from '../fingerprint.ts';
import type { Architecture } from '../layout.ts';
import { sharedObjects } from '../shared-objects.ts';
import type { LayerEntries, LayerEntry } from '../tar-layer.ts';
import { authorities, ENV, nodeBinary, text, USERS } from './node-runtime.ts';
import type { NodeRuntime } from './node-runtime.ts';

/** Debian's packages with what Node is linked with, and with `env`. */
const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'coreutils'] as const;

interface Platform {
  /** Of the npm packages that carry Node. */
  readonly npm: string;
  /** Debian's directory of libraries. */
  readonly triplet: string;
  /** The dynamic linker, at the path that the binary names. */
  readonly linker: string;
}

const PLATFORMS: Readonly<Record<Architecture, Platform>> = {
  amd64: { npm: 'linux-x64', triplet: 'x86_64-linux-gnu', linker: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { npm: 'linux-arm64', triplet: 'aarch64-linux-gnu', linker: 'lib/ld-linux-aarch64.so.1' },
};

/** Packages of another architecture, with lists of their own, so that this machine's settings stay as they are. */
const downloadLibraries = async (architecture: Architecture, directory: string): Promise<void> => {
  const state = join(directory, 'apt');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true });
  const options = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State=${state}`,
    `Dir::State::lists=${join(state, 'lists')}`,
    `Dir::State::status=/dev/null`,
    `Dir::Cache=${join(state, 'cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const aptGet = (...args: string[]): Promise<string> =>
    runCommand('apt-get', [...options, ...args], { cwd: directory, timeout: 300_000 });
  await aptGet('update');
  await aptGet('download', ...PACKAGES);
  for (const name of (await readdir(directory)).filter((file) => file.endsWith('.deb')))
    await runCommand('dpkg-deb', ['--extract', name, 'root'], { cwd: directory });
};

const downloadNode = async (architecture: Architecture, directory: string): Promise<void> => {
  const version = process.version.slice(1);
  const { npm } = PLATFORMS[architecture];
  const packed = await runCommand('npm', ['pack', '--silent', `node-${npm}@${version}`], { cwd: directory });
  await runCommand('tar', ['-xzf', packed.trim(), 'package/bin/node'], { cwd: directory });
};

/** A directory with `package/bin/node` and `root/`, downloaded once for each version of Node and list of packages. */
const downloaded = async (architecture: Architecture): Promise<string> => {
  const directory = cacheDirectory('downloads', `node-${process.version}-${architecture}-${PACKAGES.join('-')}`);
  if (existsSync(directory)) return directory;
  const partial = `${directory}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await downloadLibraries(architecture, partial);
    await downloadNode(architecture, partial);
    await rename(partial, directory);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return directory;
};

/** The versions of the downloaded Debian packages, as `NAME_VERSION_ARCHITECTURE.deb`. */
export const downloadedPackages = async (architecture: Architecture): Promise<readonly string[]> =>
  (await readdir(await downloaded(architecture))).filter((name) => name.endsWith('.deb')).sort();

export const debianNodeRuntime = async (architecture: Architecture): Promise<NodeRuntime> => {
  const { triplet, linker } = PLATFORMS[architecture];
  const directory = await downloaded(architecture);
  const node = join(directory, 'package', 'bin', 'node');
  // The same Node is linked with the same libraries everywhere; only the dynamic linker has another name.
  const names = (await sharedObjects(nodeBinary()))
    .map((path) => basename(path))
    .filter((name) => !name.startsWith('ld-'));
  const libraries = await Promise.all(
    names.map(async (name) => {
      const candidates = [join('lib', triplet, name), join('usr/lib', triplet, name)];
      const path = candidates.find((candidate) => existsSync(join(directory, 'root', candidate)));
      if (path === undefined) throw new Error(`Debian's packages for ${architecture} have no ${name}`);
      return [path, await realpath(join(directory, 'root', path))] as const;
    }),
  );
  const linkerFile = join(directory, 'root', 'lib', triplet, basename(linker));
  const files: readonly (readonly [string, string])[] = [
    ['usr/local/bin/node', node],
    [ENV, join(directory, 'root', ENV)],
    [linker, await realpath(linkerFile)],
    ...libraries,
  ];
  const recipe = await fingerprint([import.meta.filename]);
  return {
    key: `node-${architecture}-${await fingerprint(
      files.map(([, file]) => file),
      [recipe],
    )}`,
    entries: async (): Promise<LayerEntries> => {
      const entries = new Map<string, LayerEntry>();
      for (const [path, file] of files)
        entries.set(path, { type: 'file', content: await readFile(file), executable: true });
      entries.set('etc/ssl/certs/ca-certificates.crt', text(await authorities(nodeBinary())));
      for (const [path, entry] of USERS) entries.set(path, entry);
      return entries;
    },
  };
};
