import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing. Returns the topmost one that was made; undefined where all are there. Throws what the file
 * system says.
 *
 * `mkdir` of Node with `recursive` never ends where a directory is there and a new one in it is refused as if it were not: so does /proc.
 */
export function makeDirectories(dir: string, mode = 0o777): string | undefined {
  const missing: string[] = [];
  for (let path = dir; isMissing(path) && dirname(path) !== path; path = dirname(path)) missing.unshift(path);
  // What is there has to be a directory: that it is none is an error like any other.
  if (missing.length === 0 && statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) mkdirSync(dir, mode);
  for (const path of missing) makeOne(path, mode);
  return missing[0];
}

function isMissing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Another process may have made it meanwhile. */
function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
