/** The key of openshift-pipelines/tekton-caches: SHA-256 over the content of all chosen files, one after another. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { CacheError, ERROR_CODES, messageOf } from '../../errors.ts';
import { chooses, parsePattern } from './pattern.ts';

interface PeerHash {
  /** 64 hex digits; absent when no file is chosen. */
  readonly hash?: string;
  /** Absolute paths, in the order in which they were read. */
  readonly files: readonly string[];
  /**
   * Absolute paths of directories that cannot be read. tekton-caches passes over them as well, so that the key is the same; what changes in them
   * does not change it.
   */
  readonly passedOver: readonly string[];
}

/** Paths as they are on the disk: a name need not be UTF-8. */
interface Walk {
  readonly files: Buffer[];
  readonly passedOver: Buffer[];
}

/**
 * The patterns are held against whole paths, as tekton-caches does it. Where that chooses nothing, they are held against paths below
 * the directory, as its users mean it: it has no entries of such keys.
 *
 * @param directory absolute; one that is not there has no files
 * @throws CacheError `Unreadable`, where a chosen file cannot be read
 */
export function peerHash(directory: string, patterns: readonly string[]): PeerHash {
  const parsed = patterns.flatMap((text) => parsePattern(text) ?? []);
  const walk: Walk = { files: [], passedOver: [] };
  walkInto(Buffer.from(directory), walk);
  const whole = walk.files.filter((path) => chooses(parsed, String(path)));
  const prefix = directory.endsWith('/') ? directory.length : directory.length + 1;
  const chosen = whole.length > 0 ? whole : walk.files.filter((path) => chooses(parsed, String(path).slice(prefix)));
  const files = chosen.filter(isFile);
  const found = { files: files.map(String), passedOver: walk.passedOver.map(String) };
  if (files.length === 0) return found;
  const hash = createHash('sha256');
  for (const file of files) hash.update(contentOf(file));
  return { hash: hash.digest('hex'), ...found };
}

/** Walks in the order of Go's WalkDir: names by their bytes, the content of a directory right after its name. */
function walkInto(directory: Buffer, walk: Walk): void {
  for (const entry of entriesOf(directory, walk)) {
    const path = Buffer.concat([directory, Buffer.from(directory.at(-1) === SLASH ? '' : '/'), entry.name]);
    if (entry.isDirectory()) walkInto(path, walk);
    else if (entry.isFile() || entry.isSymbolicLink()) walk.files.push(path);
  }
}

const SLASH = 0x2f;

function entriesOf(directory: Buffer, { passedOver }: Walk): Dirent<Buffer>[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
    return entries.toSorted((a, b) => Buffer.compare(a.name, b.name));
  } catch {
    passedOver.push(directory);
    return [];
  }
}

/** A link to nothing, or one in a circle, is no file. One behind which this user may not look is: reading it tells. */
function isFile(path: Buffer): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ELOOP');
  }
}

function contentOf(path: Buffer): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = messageOf(error);
    throw new CacheError(
      ERROR_CODES.Unreadable,
      `The key needs ${String(path)}, which cannot be read: ${why}. Run the step as a user that may read it, or leave it out with a \`!\` pattern.`,
      { cause: error },
    );
  }
}
