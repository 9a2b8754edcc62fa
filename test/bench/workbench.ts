import { mkdir, mkdtemp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/command.ts';
import type { Peers } from './peers/peers.ts';
import type { BenchRegistry } from './registry.ts';

/** What every case works with. */
export interface Workbench {
  /** On tmpfs where the machine has one. */
  readonly directory: string;
  readonly registry: BenchRegistry;
  readonly peers: Peers;
  readonly report: (line: string) => void;
}

export const makeScratch = (): Promise<string> =>
  mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tekton-cache-bench-'));

const PATIENT = { timeout: 600_000 };

/** A copy of a tree with the same times and links. */
export const copyTree = async (from: string, to: string): Promise<string> => {
  await runCommand('rm', ['-rf', to], PATIENT);
  // An eighth of the processor time that `cp` of Node takes.
  await runCommand('cp', ['-a', from, to], PATIENT);
  return to;
};

export const emptyDirectory = async (path: string): Promise<string> => {
  await runCommand('rm', ['-rf', path], PATIENT);
  await mkdir(path, { recursive: true });
  return path;
};
