/** Makes an entry of a workspace: what is new or changed goes into new layers, the rest stays where it is. */
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { Pace } from '../../pace.ts';
import { PackPool } from '../../archive/pack/pack-pool.ts';
import { errnoOf } from '../../archive/files/errno.ts';
import { toByteString } from '../../archive/paths/path.ts';
import { openStatCache } from '../../archive/stat-cache/stat-cache.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import { isHalfRestored, openWorkspace, TookOver } from '../../archive/commit/workspace.ts';
import type { Workspace } from '../../archive/commit/workspace.ts';
import { BrokenBlobs } from '../manifest/broken-blobs.ts';
import { ENTRY_LIMITS } from '../manifest/entry-limits.ts';
import { ownerAnnotation } from '../entry-owner.ts';
import { pathsAnnotation } from '../entry-paths.ts';
import type { EntryUpload, UploadOutcome } from '../entry.ts';
import { sourcesAnnotation } from '../source-times.ts';
import { loadBase } from './base/base-entry.ts';
import { firstPremise, nextPremise } from './base/premise.ts';
import type { Premise } from './base/premise.ts';
import { evict } from './evict/evict.ts';
import { choosePaths } from './compare/chosen-paths.ts';
import { findPreviousTree } from './compare/previous-tree.ts';
import { UploadAttempt } from './upload-attempt.ts';
import type { AttemptEnd, UploadContext } from './upload-attempt.ts';

/** @throws CacheError `Unreadable`, `TooLarge`, and what the store throws */
export async function uploadEntry(asked: EntryUpload): Promise<UploadOutcome> {
  try {
    return await upload(asked);
  } catch (error) {
    throw asUploadError(error, asked.dir);
  }
}

/** What the file system refuses, as a volume that is failing does, is `Unreadable` and no bug. */
function asUploadError(error: unknown, dir: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof CacheError || errno === undefined) return error;
  const message = `The directory ${dir} cannot be read (${errno}): check the volume that it is on.`;
  return new CacheError(ERROR_CODES.Unreadable, message, { cause: error });
}

async function upload(asked: EntryUpload): Promise<UploadOutcome> {
  const own = { ...pathsAnnotation(asked.paths), ...ownerAnnotation(asked) };
  const request = { ...asked, annotations: { ...asked.annotations, ...own } };
  const workspace = await enterWorkspace(request);
  try {
    const pace = new Pace(() => {
      request.signal?.throwIfAborted();
      workspace?.checkLock();
    });
    const chosen = await pace.run(choosePaths(request));
    const missing = chosen.without.map((path) => `\`paths\`: there is nothing at ${path} in ${request.dir}.`);
    if (!chosen.anything && request.evenEmpty !== true) return nothingThere([...(workspace?.notes ?? []), ...missing]);
    const evicted = workspace === undefined ? [] : await removeUnused(request, chosen.selection, workspace);
    const annotations = { ...request.annotations, ...(await pace.run(sourcesAnnotation(request))) };
    const annotated = { ...request, annotations };
    const outcome = await uploadUntilDone(annotated, chosen.selection, () => workspace?.checkLock());
    return { ...outcome, notes: [...(workspace?.notes ?? []), ...missing, ...evicted, ...outcome.notes] };
  } finally {
    await workspace?.close('as found');
  }
}

function nothingThere(notes: readonly string[]): UploadOutcome {
  return { uploaded: false, reason: 'empty', digest: '', size: 0, bytesSent: 0, notes };
}

/**
 * Waits for a fetch that works on the directory, and finishes one that was killed: half a tree is never stored. Where no local state can be written,
 * as on a full disk, no fetch can begin either.
 */
async function enterWorkspace({ dir, readOnly, signal, lock }: EntryUpload): Promise<Workspace | undefined> {
  if (readOnly === true || !existsSync(dir)) return undefined;
  try {
    return await openWorkspace(dir, signal, lock);
  } catch (error) {
    const isStateless = error instanceof CacheError && error.code === ERROR_CODES.Unwritable;
    // Whoever took over, or was killed in the middle, can write.
    if (isStateless && !(error instanceof TookOver) && !isHalfRestored(dir)) return undefined;
    throw error;
  }
}

/** A workspace that cannot be written stays as it is. */
async function removeUnused(
  request: EntryUpload,
  selection: Selection,
  workspace: Workspace,
): Promise<readonly string[]> {
  const { dir, maxSize, eviction: rule, signal } = request;
  if (maxSize === undefined && rule === undefined) return [];
  const attend = (): void => {
    signal?.throwIfAborted();
    workspace.checkLock();
  };
  attend();
  const sinceMs = lastTaken(dir, selection);
  const bounds = {
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(rule === undefined ? {} : { rule }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
  const { notes } = await new Pace(attend).run(evict(dir, selection, bounds));
  return notes;
}

function lastTaken(dir: string, selection: Selection): number | undefined {
  const statCache = openStatCache(dir, selection);
  statCache?.close();
  return statCache?.takenAt;
}

/** @param checkLock throws when another process took over the directory: what was read of it may be half of something */
async function uploadUntilDone(
  request: EntryUpload,
  selection: Selection,
  checkLock: () => void,
): Promise<UploadOutcome> {
  const broken = BrokenBlobs.of(request.dir);
  for (let premise = firstPremise(request.force); ;) {
    const end = await attempt(request, premise, { selection, broken, checkLock });
    if (end.kind === 'done') {
      if (end.outcome.reason !== 'empty') broken.forgetMet();
      return end.outcome;
    }
    const next = nextPremise(premise, end);
    if (next === undefined) throw end.cause ?? new CacheError(ERROR_CODES.Internal, 'An upload has no way to go on.');
    premise = next;
  }
}

async function attempt(
  request: EntryUpload,
  { anew, moving }: Premise,
  { selection, broken, checkLock }: Pick<UploadContext, 'selection' | 'broken' | 'checkLock'>,
): Promise<AttemptEnd> {
  const { dir, store, reference, force, check, signal } = request;
  const compression = request.compression ?? 'zstd';
  const statCache = anew ? undefined : openStatCache(dir, selection);
  const pace = new Pace(() => {
    signal?.throwIfAborted();
    checkLock();
  });
  let pool: PackPool | undefined;
  try {
    const options = { compression, broken, check, signal };
    const current = await loadBase(store, reference, options);
    const known = anew ? undefined : await findPreviousTree(request, { ...options, statCache, current, pace });
    const variant = force || broken.areMet ? newVariant() : undefined;
    const settings = { root: { dir: toByteString(dir), links: selection.links }, compression, variant };
    pool = new PackPool(settings);
    const packedAgain = new Set([...moving, ...(known?.base.lost ?? [])]);
    const limits = { ...ENTRY_LIMITS, ...request.limits };
    const entries = { current, known, broken, checkLock, moving: packedAgain };
    return await new UploadAttempt({ request, limits, selection, compression, settings, pool, pace, ...entries }).run();
  } finally {
    await pool?.close();
    statCache?.close();
  }
}

/** A number that no other upload has, and no layer: ids of layers are small. */
function newVariant(): number {
  return randomInt(2 ** 32, 2 ** 47);
}
