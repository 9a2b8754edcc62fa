import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitMemory } from '../../support/process/memory-limit.ts';

/** One run of a whole process. */
export interface Sample {
  readonly seconds: number;
  /** Of the largest process in it, in KiB. */
  readonly peakKiB: number;
  readonly output: string;
}

export interface MeasureOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The processors that it may use, as taskset names them. */
  readonly processors?: string;
  /** The limit of its container, in bytes. */
  readonly memory?: number;
}

/** Runs a shell command line and times it from spawn to end. Throws when it fails: what is wrong must not win. */
export const measure = async (commandLine: string, options: MeasureOptions = {}): Promise<Sample> => {
  const report = join(tmpdir(), `tekton-cache-bench-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const pinned = options.processors === undefined ? [] : ['taskset', '-c', options.processors];
  const timed = ['-f', '%M', '-o', report, ...pinned, 'sh', '-c', commandLine];
  const limit = options.memory === undefined ? undefined : await limitMemory(options.memory);
  const [program = '', ...args] = limit?.within('/usr/bin/time', timed) ?? ['/usr/bin/time', ...timed];
  const started = process.hrtime.bigint();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  await limit?.release();
  const peak = await readFile(report, 'utf8');
  await rm(report, { force: true });
  if (code !== 0) {
    const tail = Buffer.concat(errors).toString('utf8').trimEnd().split('\n').slice(-15).join('\n');
    throw new Error(`${commandLine}\nended with ${code}:\n${tail}`);
  }
  return { seconds, peakKiB: Number(peak.trim().split('\n').at(-1)), output: Buffer.concat(output).toString('utf8') };
};
