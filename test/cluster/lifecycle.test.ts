import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { cacheDirectory } from '../support/cache-directory.ts';
import { runCommand } from '../support/command.ts';
import { until } from '../support/deadline.ts';

// A cluster of its own beside the one that the other tests use: under another name, in another network namespace.
const NAME = 'lifecycle';
const ROOT = cacheDirectory(NAME);
const MAIN = join(import.meta.dirname, '..', 'support', 'cluster', 'main.ts');
const SYSCTLS = ['net/ipv4/ip_forward', 'vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'];
const BUILT_IN_DIRECTORIES = [
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/run/containerd',
  '/run/netns',
  '/usr/libexec/kubernetes',
];

describe('npm run cluster', function () {
  this.timeout(240_000);
  let network: ChildProcess | undefined;

  const inNetwork = (...command: readonly string[]): Promise<string> =>
    runCommand('nsenter', ['--target', String(network?.pid), '--net', ...command], {
      env: { TEKTON_CACHE_CLUSTER: NAME },
      timeout: 120_000,
    });
  const cluster = (command: string): Promise<string> => inNetwork(process.execPath, MAIN, command);

  /** Everything that somebody could find of the cluster, besides what was there before it. */
  const traces = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes(`${ROOT}/`)) found.push(`process ${command.replaceAll('\0', ' ')}`);
    }
    const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
    found.push(...mounts.filter((mount) => mount.includes(ROOT)));
    for (const hierarchy of ['', ...(await readdir('/sys/fs/cgroup'))]) {
      const directory = join('/sys/fs/cgroup', hierarchy, `tekton-cache-${NAME}-node1`);
      if (existsSync(directory)) found.push(directory);
    }
    const links = (await inNetwork('ip', '-brief', 'link')).split('\n').filter(Boolean);
    found.push(...links.filter((link) => !link.startsWith('lo ')));
    found.push(...(await inNetwork('nft', 'list', 'tables')).split('\n').filter(Boolean));
    if (existsSync(ROOT)) found.push(ROOT);
    return found;
  };

  /** What the cluster changes on the machine while it runs. */
  const settings = async (): Promise<readonly string[]> => [
    ...(await Promise.all(SYSCTLS.map((name) => inNetwork('cat', `/proc/sys/${name}`)))),
    ...BUILT_IN_DIRECTORIES.filter((directory) => existsSync(directory)),
  ];

  let original: readonly string[];

  before(async function () {
    // Whoever tests on an existing cluster need not be root.
    if (process.getuid?.() !== 0) this.skip();
    network = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    await until('the network namespace', 5_000, async () =>
      (await readFile(`/proc/${network?.pid}/cmdline`, 'utf8')).startsWith('sleep'),
    );
    await inNetwork('ip', 'link', 'set', 'lo', 'up');
    original = await settings();
    expect(await traces()).to.deep.equal([]);
  });

  after(async () => {
    if (!network) return;
    await cluster('down');
    network.kill('SIGKILL');
  });

  it('starts a cluster, once for all who ask for it, and removes every trace of it', async () => {
    const first = cluster('up');
    await until('the start to begin', 60_000, () => Promise.resolve(existsSync(join(ROOT, 'start.log'))));
    expect(await cluster('up')).to.match(/nodes +node1/);
    expect(await first).to.match(/nodes +node1/);
    expect(await traces()).not.to.be.empty;
    await cluster('down');
    expect(await traces()).to.deep.equal([]);
    expect(await settings()).to.deep.equal(original);
  });

  it('removes every trace of a cluster that crashed, and of a start that was killed half-way', async () => {
    const start = spawn('nsenter', ['--target', String(network?.pid), '--net', process.execPath, MAIN, 'up'], {
      env: { ...process.env, TEKTON_CACHE_CLUSTER: NAME },
      stdio: 'ignore',
    });
    await until('a node to be half started', 60_000, async () => existsSync(join(ROOT, 'node1', 'containerd.sock')));
    start.kill('SIGKILL');
    const { pid }: { readonly pid: number } = JSON.parse(await readFile(join(ROOT, 'isolation.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await cluster('down');
    expect(await traces()).to.deep.equal([]);
    expect(await settings()).to.deep.equal(original);
  });

  it('says that a cluster has crashed, and starts a new one over its remains', async () => {
    await cluster('up');
    const { pid }: { readonly pid: number } = JSON.parse(await readFile(join(ROOT, 'isolation.json'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await until('the cluster to be gone', 10_000, async () => {
      const answer = await cluster('status').catch((error: unknown) => String(error));
      return answer.includes('has crashed');
    });
    expect(await cluster('up')).to.match(/nodes +node1/);
    await cluster('down');
    expect(await traces()).to.deep.equal([]);
  });
});
