/** Makes an entry of a workspace: what is new or changed goes into new layers, the rest stays where it is. */
import { existsSync } from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { PackPool } from '../../archive/pack/pack-pool.ts';
import { toByteString } from '../../archive/paths/path.ts';
import { InvalidStatCache, openStatCache } from '../../archive/stat-cache/stat-cache.ts';
import { selectionOf } from '../../archive/paths/selection.ts';
import { isHalfRestored, openWorkspace } from '../../archive/commit/workspace.ts';
import type { Workspace } from '../../archive/commit/workspace.ts';
import { BlobsUnknownError } from '../../store/blobs-unknown-error.ts';
import { loadBase } from './base/base-entry.ts';
import { pathsAnnotation } from '../entry-paths.ts';
import type { EntryUpload, UploadOutcome } from '../entry.ts';
import { findPreviousTree } from './compare/previous-tree.ts';
import { CompactFirst, StartAnew } from './base/start-anew.ts';
import { UploadAttempt } from './upload-attempt.ts';

/** @throws CacheError `Unreadable`, `TooLarge`, and what the store throws */
export async function uploadEntry(asked: EntryUpload): Promise<UploadOutcome> {
  const request = { ...asked, annotations: { ...asked.annotations, ...pathsAnnotation(asked.paths) } };
  const workspace = await enterWorkspace(request);
  try {
    const outcome = await uploadUntilDone(request);
    return { ...outcome, notes: [...(workspace?.notes ?? []), ...outcome.notes] };
  } finally {
    await workspace?.close(true);
  }
}

/**
 * Waits for a fetch that works on the directory, and brings one that was killed to its end: half a tree is never stored.
 * Where no local state can be written, as on a full disk, no fetch can begin either.
 */
async function enterWorkspace({ dir, readOnly, signal }: EntryUpload): Promise<Workspace | undefined> {
  if (readOnly === true || !existsSync(dir)) return undefined;
  try {
    return await openWorkspace(dir, signal);
  } catch (error) {
    const isStateless = error instanceof CacheError && error.code === ERROR_CODES.Unwritable && !isHalfRestored(dir);
    if (isStateless) return undefined;
    throw error;
  }
}

interface Attempt {
  /** Without what is known: everything is packed and sent. */
  readonly anew: boolean;
  /** Layers whose content is packed again although it is as it was. */
  readonly moving: ReadonlySet<number>;
}

async function uploadUntilDone(request: EntryUpload): Promise<UploadOutcome> {
  for (let attempt: Attempt = { anew: false, moving: new Set() }; ;) {
    try {
      return await upload(request, attempt);
    } catch (error) {
      const next = nextAttempt(attempt, error);
      if (next === undefined) throw error;
      attempt = next;
    }
  }
}

function nextAttempt({ anew, moving }: Attempt, error: unknown): Attempt | undefined {
  if (anew) return undefined;
  if (error instanceof CompactFirst && moving.size === 0) return { anew, moving: error.layers };
  const again = error instanceof StartAnew || error instanceof BlobsUnknownError || error instanceof InvalidStatCache;
  return again ? { anew: true, moving: new Set() } : undefined;
}

async function upload(request: EntryUpload, { anew, moving }: Attempt): Promise<UploadOutcome> {
  const selection = selectionOf(request.paths, request.exclude);
  const compression = request.compression ?? 'zstd';
  const statCache = anew ? undefined : openStatCache(request.dir, selection);
  const pool = new PackPool({ root: toByteString(request.dir), compression });
  try {
    const current = await loadBase(request.store, request.reference, compression, request.signal);
    const known = anew ? undefined : await findPreviousTree(request, { compression, statCache, current });
    return await new UploadAttempt({ request, selection, compression, pool, current, known, moving }).run();
  } finally {
    await pool.close();
    statCache?.close();
  }
}
