import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { patient } from '../patience.ts';

const ROOT = '/sys/fs/cgroup';
const TMPFS = 0x0102_1994;
const LOOK_EVERY_MS = 250;
/** How long a command may stay at its limit while no page of it is on its way to a disk. */
const STUCK_MS = 10_000;

/** A real limit needs a cgroup of our own, and a disk: pages of a tmpfs count as memory of who writes them. */
export const canLimitMemory = async (directory: string): Promise<boolean> =>
  process.geteuid?.() === 0 && existsSync(place().parent) && (await statfs(directory)).type !== TMPFS;

/** A cgroup with a limit. */
interface MemoryLimit {
  /** The arguments that run a command in it. */
  readonly within: (file: string, args: readonly string[]) => readonly string[];
  /** Removes it, when no command is in it any more. Returns the most that it had, in bytes. */
  readonly release: () => Promise<number>;
}

/**
 * A command in it is killed when it needs more than `bytes`. Pages that wait for a busy disk count as well: a command that only waits
 * for those is not killed, but goes on when they are written.
 */
export const limitMemory = async (bytes: number): Promise<MemoryLimit> => {
  const { parent, limit, peak, oom } = place();
  const cgroup = join(parent, `tekton-cache-bounded-${process.pid}`);
  await mkdir(cgroup);
  await writeFile(join(cgroup, limit), String(bytes));
  if (oom !== undefined) await writeFile(join(cgroup, oom), '1');
  const watch = oom === undefined ? undefined : startWatch(cgroup, oom);
  const enter = 'echo $$ > "$0" && exec "$@"';
  return {
    within: (file, args) => ['sh', '-c', enter, join(cgroup, 'cgroup.procs'), file, ...args],
    release: async () => {
      clearInterval(watch);
      const most = Number(await readFile(join(cgroup, peak), 'utf8'));
      await rmdir(cgroup);
      return most;
    },
  };
};

/** Runs a command that fails when it needs more than `bytes`. Returns the most that it had, in bytes. */
export const runLimited = async (bytes: number, file: string, args: readonly string[]): Promise<number> => {
  const limit = await limitMemory(bytes);
  const [program = '', ...rest] = limit.within(file, args);
  try {
    await runCommand(program, rest, { timeout: 1_800_000 });
  } catch (error) {
    await limit.release();
    throw error;
  }
  return limit.release();
};

/** Kills a command that stays at its limit. Version 1 of cgroups would kill it at once, so this turns that off. */
const startWatch = (cgroup: string, oom: string): NodeJS.Timeout => {
  let stuckSince: number | undefined;
  const look = async (): Promise<void> => {
    const isAtLimit = /^under_oom 1$/m.test(await readFile(join(cgroup, oom), 'utf8'));
    const unwritten = [
      ...(await readFile(join(cgroup, 'memory.stat'), 'utf8')).matchAll(/^(?:dirty|writeback) (\d+)$/gm),
    ];
    const isStuck = isAtLimit && unwritten.every(([, size]) => size === '0');
    stuckSince = isStuck ? (stuckSince ?? Date.now()) : undefined;
    if (stuckSince === undefined || Date.now() - stuckSince < patient(STUCK_MS)) return;
    const processes = (await readFile(join(cgroup, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean);
    for (const id of processes) process.kill(Number(id), 'SIGKILL');
  };
  // The cgroup goes with the command.
  return setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
};

interface Place {
  readonly parent: string;
  readonly limit: string;
  readonly peak: string;
  /** Version 2 makes who writes wait for the disk by itself. */
  readonly oom?: string;
}

const place = (): Place =>
  existsSync(join(ROOT, 'cgroup.controllers'))
    ? { parent: ROOT, limit: 'memory.max', peak: 'memory.peak' }
    : {
        parent: join(ROOT, 'memory'),
        limit: 'memory.limit_in_bytes',
        peak: 'memory.max_usage_in_bytes',
        oom: 'memory.oom_control',
      };
