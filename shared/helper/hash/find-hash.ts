import { asCacheError } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import type { Reason } from '../../interface/results/results.ts';
import type { CachedFiles } from '../../cache-key/cached-files.ts';
import { NOT_HASHED } from '../../presets/foreign.ts';
import type { CacheRequest } from '../../request/protocol.ts';
import { reasonOf } from '../report/reason-of-error.ts';
import { explainNoFiles } from './no-files.ts';
import { formatBytes, formatCount } from '../report/text-log.ts';

/** What `{{hash}}` stands for, or why there is none. */
export type HashOutcome =
  | { readonly hash: string; readonly lines: readonly string[] }
  | { readonly hash?: undefined; readonly reason: Reason; readonly sentence: string; readonly error?: CacheError };

interface HashRequest extends Pick<CacheRequest, 'hash' | 'noHash' | 'files' | 'source'> {
  /** What is cached, and no part of the key: it is there or not as the cache has it. */
  readonly cached?: readonly CachedFiles[];
  /**
   * The globs are those of a preset, which name what any project may have: one that matches nothing is no news. Packages have such files,
   * too, which are there or not as an install has run or not.
   */
  readonly ofPreset?: boolean;
}

const LISTED_FILES = 20;

/** The hash that was given, or that of `files`. Nothing when the request neither has nor needs one. */
export async function findHash(request: HashRequest, signal?: AbortSignal): Promise<HashOutcome | undefined> {
  const { hash, noHash, files, source, cached = [], ofPreset } = request;
  if (hash !== undefined) return { hash, lines: [`hash ${hash} (given)`] };
  if (noHash === true) return { reason: 'no-hash', sentence: 'The fetch gave no hash to upload under.' };
  if (files.length === 0 || source === undefined) return undefined;
  try {
    // The code that computes a hash is loaded only where a hash is computed.
    const { computeKey } = await import('../../cache-key/cache-key.ts');
    const globs = ofPreset === true ? [...files, ...NOT_HASHED] : files;
    const key = await computeKey({ source, files: globs, cached, ...(signal === undefined ? {} : { signal }) });
    if (key === undefined) {
      const sentence = `\`files\` match nothing: ${explainNoFiles(source, files)}. Looked for in the workspace \`source\` outside of what is cached. If a step of the same Task makes them, fetch after it: \`fetch-after\`.`;
      return { reason: 'no-files', sentence };
    }
    const listed = key.files
      .slice(0, LISTED_FILES)
      .map(({ path, size }) => `  ${path.toWellFormed()} ${formatBytes(size)}`);
    const more = key.files.length - listed.length;
    if (more > 0) listed.push(`  and ${more} more`);
    if (ofPreset !== true && key.without.length > 0) {
      listed.push(`  nothing is matched by ${explainNoFiles(source, key.without)}`);
    }
    return { hash: key.hash, lines: [`hash ${key.hash} of ${formatCount(key.files.length, 'file')}:`, ...listed] };
  } catch (error) {
    const failure = asCacheError(error);
    return { reason: reasonOf(failure), sentence: failure.message, error: failure };
  }
}
