import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import type { CachedLayer } from '../cached-layer.ts';
import { fingerprint } from '../fingerprint.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { directoryLayer } from './directory-layer.ts';

export type ToolchainName = 'python' | 'rust' | 'maven' | 'gradle' | 'ruby' | 'cc' | 'buildah';

/** An image with a tool, without the shell that comes with all of them. */
export interface Toolchain {
  /** `PATH` and what else the tool has to know. */
  readonly environment: readonly string[];
  readonly layers: () => Promise<readonly CachedLayer[]>;
}

const PATH = '/usr/local/bin:/usr/bin:/bin';
const JAVA_HOME = '/usr/lib/jvm/java-17-openjdk-amd64';

/** Programs by other names, which Debian's `alternatives` would give them: targets by path. */
type Links = Readonly<Record<string, string>>;

const COMPILER: MadeByScripts = { links: { 'usr/bin/cc': 'gcc' } };

/** Without its certificates Java's client of HTTP does not start, though it is asked for no TLS. */
const CERTIFICATES: MadeByScripts = { files: ['/etc/ssl/certs/java/cacerts'] };

/** What scripts of packages make, which do not run here. */
interface MadeByScripts {
  readonly links?: Links;
  /** Absolute paths of files that the scripts have made on this machine. */
  readonly files?: readonly string[];
}

/** A layer of Debian packages with all that they depend on. */
const debianLayer = async (
  name: string,
  packages: readonly string[],
  { links = {}, files = [] }: MadeByScripts = {},
): Promise<CachedLayer> => {
  const recipe = await fingerprint(
    [join(import.meta.dirname, 'debian-packages.ts'), ...files],
    [...packages, ...Object.entries(links).flat()],
  );
  return await directoryLayer(`debian-${name}-${recipe}`, async (directory) => {
    await unpackDebianPackages(packages, directory);
    for (const [path, target] of Object.entries(links)) await symlink(target, join(directory, path));
    for (const file of files) await cp(file, join(directory, file));
  });
};

/** The Rust of this machine: Debian's is too old for the registry that Cargo has today. */
const rustLayer = async (): Promise<CachedLayer> => {
  const root = (await runCommand('rustc', ['--print', 'sysroot'])).trim();
  const version = (await runCommand('rustc', ['--version'])).trim().replaceAll(/[^\w.]+/g, '-');
  return await directoryLayer(`${version}-${await fingerprint([import.meta.filename])}`, async (directory) => {
    const destination = join(directory, 'usr', 'local');
    await mkdir(join(destination, 'bin'), { recursive: true });
    for (const program of ['bin/cargo', 'bin/rustc']) await cp(join(root, program), join(destination, program));
    await cp(join(root, 'lib'), join(destination, 'lib'), { recursive: true, verbatimSymlinks: true });
  });
};

export const TOOLCHAINS: Readonly<Record<ToolchainName, Toolchain>> = {
  python: {
    environment: [`PATH=${PATH}`],
    layers: async () => [await debianLayer('python', ['python3', 'python3-venv', 'python3-pip'])],
  },
  rust: {
    environment: [`PATH=${PATH}`],
    layers: async () => [await debianLayer('gcc', ['gcc', 'libc6-dev'], COMPILER), await rustLayer()],
  },
  maven: {
    environment: [`PATH=/usr/share/maven/bin:${JAVA_HOME}/bin:${PATH}`, `JAVA_HOME=${JAVA_HOME}`],
    layers: async () => [await debianLayer('maven', ['maven', 'openjdk-17-jdk-headless'])],
  },
  gradle: {
    environment: [`PATH=${JAVA_HOME}/bin:${PATH}`, `JAVA_HOME=${JAVA_HOME}`],
    layers: async () => [await debianLayer('gradle', ['gradle', 'openjdk-17-jdk-headless'], CERTIFICATES)],
  },
  ruby: {
    environment: [`PATH=${PATH}`],
    layers: async () => [await debianLayer('ruby', ['ruby', 'ruby-bundler'])],
  },
  cc: {
    environment: [`PATH=${PATH}`],
    layers: async () => [await debianLayer('cc', ['gcc', 'libc6-dev', 'ccache', 'make'], COMPILER)],
  },
  buildah: {
    environment: [`PATH=${PATH}`],
    layers: async () => [await debianLayer('buildah', ['buildah'])],
  },
};
