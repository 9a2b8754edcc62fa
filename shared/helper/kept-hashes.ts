/**
 * What a fetch leaves for the upload of the same Task: the hash of each cache, as it was before the build. Builds change lockfiles (`npm version`,
 * `mvn versions:set`) and install packages that have some. By the hash from after that, an upload would go under a key that no fetch looks for.
 */
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseJson } from '../interface/text/parse-json.ts';
import { provideDirectory } from './cache/provide-directory.ts';

/** No request has more caches by far. */
const MAX_BYTES = 64 * 1024;
const HASH = /^[0-9a-f]{64}$/;

/** By the names of caches; nothing where no fetch left any. The steps in between may write the file: it is only believed where it says hashes. */
export function readHashes(file: string): ReadonlyMap<string, string> {
  try {
    const stats = lstatSync(file);
    if (!stats.isFile() || stats.size > MAX_BYTES) return new Map();
    const value = parseJson(readFileSync(file, 'utf8'));
    return new Map(Object.entries(value ?? {}).filter((pair): pair is [string, string] => isHash(pair[1])));
  } catch {
    return new Map();
  }
}

/** A fetch that comes later in the Task has seen more of the sources. Where the file cannot be written the upload computes its hashes. */
export async function keepHashes(file: string, hashes: ReadonlyMap<string, string>): Promise<void> {
  if (hashes.size === 0) return;
  const all = { ...Object.fromEntries(readHashes(file)), ...Object.fromEntries(hashes) };
  try {
    await provideDirectory(dirname(file));
    // What lies at its place, a link above all, is not written to.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(all), { flag: 'wx' });
  } catch {
    return;
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value);
}
