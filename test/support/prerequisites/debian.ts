import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { runCommand } from '../command.ts';

/** Programs, and the Debian package that has each. */
export type Programs = Readonly<Record<string, string>>;

/** What the cluster runs or calls. */
export const CLUSTER_PROGRAMS: Programs = {
  containerd: 'containerd',
  runc: 'runc',
  etcd: 'etcd-server',
  'docker-registry': 'docker-registry',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  nft: 'nftables',
  ip: 'iproute2',
  openssl: 'openssl',
  unshare: 'util-linux',
  git: 'git',
};

/** What the suites of the wire and of the data plane run: registries, and other tools that read what we write. */
export const PEER_PROGRAMS: Programs = {
  'docker-registry': 'docker-registry',
  containerd: 'containerd',
  ctr: 'containerd',
  curl: 'curl',
  ip: 'iproute2',
  openssl: 'openssl',
  python3: 'python3',
  buildah: 'buildah',
  bsdtar: 'libarchive-tools',
  skopeo: 'skopeo',
  strace: 'strace',
  umoci: 'umoci',
  unshare: 'util-linux',
  zstd: 'zstd',
};

/** Package managers and compilers that the samples, and the tests of presets, have from Debian. */
export const ECOSYSTEM_PROGRAMS: Programs = {
  bundle: 'ruby-bundler',
  ccache: 'ccache',
  composer: 'composer',
  gem: 'ruby',
  gradle: 'gradle',
  mvn: 'maven',
  ruby: 'ruby',
  sccache: 'sccache',
  unzip: 'unzip',
};

/** What the benchmarks run beside us. */
export const BENCH_PROGRAMS: Programs = {
  bsdtar: 'libarchive-tools',
  casync: 'casync',
  'docker-registry': 'docker-registry',
  curl: 'curl',
  ip: 'iproute2',
  strace: 'strace',
  tar: 'tar',
  '/usr/bin/time': 'time',
  zstd: 'zstd',
};

const SYSTEM_DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

const exists = (program: string): boolean =>
  program.startsWith('/')
    ? existsSync(program)
    : [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_DIRECTORIES].some((directory) =>
        existsSync(join(directory, program)),
      );

export const requireRoot = (): void => {
  if (process.getuid?.() === 0) return;
  throw new Error(
    'The local cluster makes network interfaces, cgroups and mounts, so it has to be started as root (sudo). ' +
      'Or name a cluster that you have: npm run cluster -- up --kubeconfig FILE --registry HOST:PORT',
  );
};

/** Installs the Debian packages that are missing. Services that a package brings are not started. */
export const requirePackages = async (
  report: (line: string) => void,
  programs: Programs = CLUSTER_PROGRAMS,
): Promise<void> => {
  const missing = Object.entries(programs).filter(([program]) => !exists(program));
  const packages = [...new Set(missing.map(([, name]) => name))];
  if (packages.length === 0) return;
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (!exists('apt-get') || process.getuid?.() !== 0) {
    throw new Error(`Programs are missing; on Debian or Ubuntu, as root, "${command}" installs them.`);
  }
  report(`installing Debian packages: ${packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Somebody else may be installing at this moment.
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const aptGet = (...args: string[]): Promise<string> =>
    runCommand('apt-get', [...wait, ...args], { env, timeout: 600_000 });
  const install = (): Promise<string> => aptGet('install', '-y', '--no-install-recommends', ...packages);
  await install().catch(async () => {
    // The lists of a fresh machine are empty or old.
    await aptGet('update');
    await install();
  });
};
