/** The key of openshift-pipelines/tekton-caches: SHA-256 over the content of all chosen files, one after another. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chooses, parsePattern } from './pattern.ts';

export interface PeerHash {
  /** 64 hex digits; absent when no file is chosen. */
  readonly hash?: string;
  /** Absolute paths, in the order in which they were read. */
  readonly files: readonly string[];
}

/**
 * The patterns are held against whole paths, as tekton-caches does it. Where that chooses nothing, they are held against paths below
 * the directory, as its users mean it: it has no entries of such keys.
 *
 * @param directory absolute
 */
export function peerHash(directory: string, patterns: readonly string[]): PeerHash {
  const parsed = patterns.flatMap((text) => parsePattern(text) ?? []);
  const all = [...filesBelow(directory)];
  const whole = all.filter((path) => chooses(parsed, join(directory, path)));
  const chosen = whole.length > 0 ? whole : all.filter((path) => chooses(parsed, path));
  const files = chosen
    .map((path) => join(directory, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  if (files.length === 0) return { files };
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return { hash: hash.digest('hex'), files };
}

/** In the order of Go's WalkDir: names by their bytes, a directory's content right after its name. */
function* filesBelow(directory: string, prefix = ''): IterableIterator<string> {
  const entries = readdirSync(join(directory, prefix), { withFileTypes: true });
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(directory, path);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}
