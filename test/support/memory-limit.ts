import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';

const ROOT = '/sys/fs/cgroup';
const TMPFS = 0x0102_1994;

/** A real limit needs a cgroup of our own, and a disk: pages of a tmpfs count as memory of who writes them. */
export const canLimitMemory = async (directory: string): Promise<boolean> =>
  process.geteuid?.() === 0 && existsSync(place().parent) && (await statfs(directory)).type !== TMPFS;

/** Runs a command that is killed, and so fails, when it needs more than `bytes`. Returns the most that it had, in bytes. */
export const runLimited = async (bytes: number, file: string, args: readonly string[]): Promise<number> => {
  const { parent, limit, peak } = place();
  const cgroup = join(parent, `tekton-cache-bounded-${process.pid}`);
  await mkdir(cgroup);
  try {
    await writeFile(join(cgroup, limit), String(bytes));
    const enter = 'echo $$ > "$0" && exec "$@"';
    await runCommand('sh', ['-c', enter, join(cgroup, 'cgroup.procs'), file, ...args], { timeout: 1_800_000 });
    return Number(await readFile(join(cgroup, peak), 'utf8'));
  } finally {
    await rmdir(cgroup);
  }
};

const place = (): { readonly parent: string; readonly limit: string; readonly peak: string } =>
  existsSync(join(ROOT, 'cgroup.controllers'))
    ? { parent: ROOT, limit: 'memory.max', peak: 'memory.peak' }
    : { parent: join(ROOT, 'memory'), limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' };
