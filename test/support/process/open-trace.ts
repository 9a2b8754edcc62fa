import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { RESERVED_DIRECTORY } from '../../../shared/reserved-directory.ts';
import { requirePackages } from '../prerequisites/debian.ts';

/** Why opened files cannot be counted here; nothing when they can. Installs strace where it may. */
export async function whyNoTrace(): Promise<string | undefined> {
  try {
    await requirePackages((line) => process.stderr.write(`${line}\n`), { strace: 'strace' });
  } catch (error) {
    return `strace cannot be had: ${String(error)}`;
  }
  const { status } = spawnSync('strace', ['-f', '-e', 'trace=openat', 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'strace may not trace here (ptrace is not allowed).';
}

/**
 * Runs a command under strace.
 *
 * @param log where the log of strace goes
 * @returns the files below `directory` that the command and all its threads opened, by whatever name; not directories, nor local state
 */
export function traceOpens(commandLine: string, directory: string, log: string): string[] {
  // With `-y` it says where each handle leads.
  const options = ['-f', '-qq', '-y', '-s', '4096', '-e', 'trace=open,openat,openat2', '-o', log];
  const { status, stderr } = spawnSync('strace', [...options, 'sh', '-c', commandLine], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${commandLine}\nended with ${status} under strace:\n${stderr}`);
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => / = \d+<([^>]*)>/.exec(line)?.[1] ?? [])
    .filter((path) => path.startsWith(`${directory}/`) && !path.startsWith(`${directory}/${RESERVED_DIRECTORY}`))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true);
}
