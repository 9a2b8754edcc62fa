import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { until } from '../../deadline.ts';
import { DIRECTORIES } from './directories.ts';

/** One process of the cluster. */
export interface Component {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Content of the files it reads when it starts, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Directories that have to exist before it starts. */
  readonly directories?: readonly string[];
  /** Whether it can be used; asked until it says so. */
  readonly ready?: () => Promise<boolean>;
}

export const logOf = (name: string): string => join(DIRECTORIES.logs, `${name}.log`);
const pidFile = (name: string): string => join(DIRECTORIES.pids, name);

/** Whether a process runs; one that ended and was not yet reaped does not. */
const isRunning = (pid: number): boolean => {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) Z /.test(status);
  } catch {
    return false;
  }
};

const lastLines = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-8).join('\n');

/** Starts a component that outlives this process, and waits until it is ready. */
export const startComponent = async (component: Component): Promise<void> => {
  for (const directory of component.directories ?? []) await mkdir(directory, { recursive: true });
  for (const [path, content] of Object.entries(component.files ?? {})) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  }
  const log = openSync(logOf(component.name), 'a');
  const child = spawn(component.command, component.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...component.env },
  });
  closeSync(log);
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  await writeFile(pidFile(component.name), String(child.pid));
  await until(`${component.name} to be ready`, 60_000, async () => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${component.name} ended at once:\n${await lastLines(logOf(component.name))}`);
    }
    return (await component.ready?.()) ?? true;
  });
};

/** Kills a component of the same process namespace. Nothing of it has to be kept, so it gets no time to end. */
export const killComponent = async (name: string): Promise<void> => {
  const pid = Number(await readFile(pidFile(name), 'utf8').catch(() => '0'));
  if (pid > 0 && isRunning(pid)) {
    process.kill(pid, 'SIGKILL');
    await until(`${name} to end`, 10_000, () => Promise.resolve(!isRunning(pid)));
  }
  await rm(pidFile(name), { force: true });
};
