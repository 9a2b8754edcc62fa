import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TargetName } from './targets.ts';

/** The inputs that are kept: each reaches a branch that those before it did not. */
export const corpusDirectory = (target: TargetName): string => join(import.meta.dirname, 'corpus', target);

export function readCorpus(target: TargetName): Buffer[] {
  const directory = corpusDirectory(target);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .toSorted()
    .map((name) => readFileSync(join(directory, name)));
}

/** Returns the file. */
export function keepInput(directory: string, input: Buffer): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, hash('sha256', input, 'hex').slice(0, 16));
  writeFileSync(file, input);
  return file;
}
