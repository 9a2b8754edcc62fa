import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { runCommand } from '../../support/command.ts';

/** Binds a process with all of its threads to one processor. */
export async function pinTo(core: number, pid: number): Promise<void> {
  await runCommand('taskset', ['-a', '-c', '-p', `${core}`, `${pid}`]);
}

/** Seconds of processor time that a process has used so far, its own and the kernel's for it. */
export function processorSeconds(pid: number): number {
  return ticksOf(pid) / ticksPerSecond;
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
