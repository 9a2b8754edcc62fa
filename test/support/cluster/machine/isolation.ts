import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { runCommand } from '../../command.ts';
import { until } from '../../deadline.ts';
import { FILES } from './directories.ts';

/** Built-in paths of kubelet, containerd and the CNI plugins. */
const PRIVATE_DIRECTORIES = [
  '/var/log/containers',
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/run/containerd',
  '/run/netns',
  '/usr/libexec/kubernetes',
];

/** The kubelet and the bridge plugin set these for the whole machine. */
const SYSCTLS = ['net.ipv4.ip_forward', 'vm.overcommit_memory', 'kernel.panic', 'kernel.panic_on_oops'];

/** The process that all others of the cluster descend from, and what has to be put back on the host afterwards. */
interface Isolation {
  readonly pid: number;
  /** Ticks since boot; tells the process from a later one with the same id. */
  readonly startTime: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly madeDirectories: readonly string[];
}

interface ProcessStatus {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

const processStatus = (pid: number): ProcessStatus | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may contain anything; the fields after it are separated by spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
};

// Where the machine's first process does not reap, a dead process stays visible as a zombie.
const isAlive = (pid: number): boolean => !['Z', 'X', undefined].includes(processStatus(pid)?.state);

const isIsolation = (value: unknown): value is Isolation =>
  typeof value === 'object' && value !== null && 'pid' in value && 'sysctls' in value;

const readIsolation = (): Isolation | undefined => {
  if (!existsSync(FILES.isolation)) return undefined;
  const value: unknown = JSON.parse(readFileSync(FILES.isolation, 'utf8'));
  return isIsolation(value) ? value : undefined;
};

const writeIsolation = (isolation: Isolation): void => writeFileSync(FILES.isolation, JSON.stringify(isolation));

/** Whether the cluster's processes are there. */
export const isIsolationAlive = (): boolean => {
  const isolation = readIsolation();
  if (!isolation) return false;
  return isAlive(isolation.pid) && processStatus(isolation.pid)?.startTime === isolation.startTime;
};

const sysctlFile = (name: string): string => join('/proc/sys', ...name.split('.'));

const makePrivateDirectories = async (): Promise<readonly string[]> => {
  const made: string[] = [];
  for (const directory of PRIVATE_DIRECTORIES) {
    const missing: string[] = [];
    for (let path = directory; !existsSync(path); path = dirname(path)) missing.push(path);
    await mkdir(directory, { recursive: true });
    made.push(...missing);
  }
  return made;
};

/** Runs `command` as the first thing in new mount and process namespaces that live until `endIsolation`. */
export const beginIsolation = async (command: readonly string[]): Promise<void> => {
  const sysctls = Object.fromEntries(SYSCTLS.map((name) => [name, readFileSync(sysctlFile(name), 'utf8').trim()]));
  const madeDirectories = await makePrivateDirectories();
  writeIsolation({ pid: 0, startTime: '', sysctls, madeDirectories });
  const log = openSync(FILES.startLog, 'a');
  const init = join(import.meta.dirname, 'init.sh');
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', init, ...command],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, PRIVATE_DIRECTORIES: PRIVATE_DIRECTORIES.join(' ') },
    },
  );
  closeSync(log);
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  const pid = child.pid ?? 0;
  writeIsolation({ pid, startTime: processStatus(pid)?.startTime ?? '', sysctls, madeDirectories });
};

const childrenOf = async (parent: number): Promise<readonly number[]> =>
  (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && processStatus(pid)?.parent === parent);

/** Arguments that make a command run among the cluster's processes and mounts. */
export const enterIsolation = async (command: readonly string[]): Promise<string> => {
  const isolation = readIsolation();
  const [init] = isolation && isIsolationAlive() ? await childrenOf(isolation.pid) : [];
  if (init === undefined) throw new Error('The cluster is not running. Start it with "npm run cluster -- up".');
  return runCommand('nsenter', ['--target', String(init), '--mount', '--pid', ...command], { timeout: 180_000 });
};

/** Kills everything at once and puts back what the host had before. */
export const endIsolation = async (): Promise<void> => {
  const isolation = readIsolation();
  if (!isolation) return;
  if (isIsolationAlive()) {
    const processes = [isolation.pid, ...(await childrenOf(isolation.pid))];
    process.kill(isolation.pid, 'SIGKILL');
    // The first process of a namespace ends last: when it is gone, all the others are.
    await until('the processes of the cluster to end', 30_000, () => Promise.resolve(!processes.some(isAlive)));
  }
  for (const [name, value] of Object.entries(isolation.sysctls)) writeFileSync(sysctlFile(name), value);
  // Only what is empty: somebody else may have begun to use them.
  for (const directory of isolation.madeDirectories) await rmdir(directory).catch(() => undefined);
};
