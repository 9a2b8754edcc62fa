import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A copy of a tree with the same times and links. */
export const copyTree = async (from: string, to: string): Promise<string> => {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  return to;
};

export const emptyDirectory = async (path: string): Promise<string> => {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
};
