/** Restores an entry into a directory: wholly, or not at all. */
import { BlobError, CacheError, ERROR_CODES, asCacheError } from '../../errors.ts';
import { errnoOf } from '../../archive/files/errno.ts';
import { NoIndexInLayer } from '../../archive/index/index-layer.ts';
import { openWorkspace } from '../../archive/commit/workspace.ts';
import { asAbort } from '../../store/abort.ts';
import type { StoredManifest } from '../../store/store.ts';
import type { EntryFetch, FetchOutcome } from '../entry.ts';
import { Pace } from '../../pace.ts';
import type { FetchWork, Restored } from './fetch-work.ts';
import { giveToOwner, refuseUngivable } from '../entry-owner.ts';
import { lookAtSources, makeOlderThanSources, OlderTimes } from '../source-times.ts';
import { holdsPaths } from '../entry-paths.ts';
import { BrokenBlobs } from '../manifest/broken-blobs.ts';
import { ENTRY_LIMITS } from '../manifest/entry-limits.ts';
import { imageManifest } from '../manifest/image-manifest.ts';
import { readManifest, readOrigin, type EntryManifest, type EntryOrigin } from '../manifest/manifest.ts';

/**
 * A miss is `found: false`, also when the store lost a blob of the entry. What is broken of an entry is noted in the workspace, so that no
 * upload builds upon it.
 */
export async function fetchEntry(request: EntryFetch): Promise<FetchOutcome> {
  const { store, reference, signal } = request;
  const manifest = await store.getManifest(reference, signal);
  if (manifest === undefined) return { found: false };
  let image: StoredManifest | undefined;
  let entry: EntryManifest | undefined;
  try {
    const { digest } = manifest.descriptor;
    const unverified = await request.check?.({ store, reference: digest });
    if (unverified !== undefined) return { found: false, unverified };
    image = await imageManifest(store, manifest, signal);
    const origin = readOrigin(image.bytes);
    if (!holdsPaths(origin?.annotations ?? {}, request.paths)) return { found: false, otherPaths: true };
    refuseUngivable(request, origin?.annotations ?? {});
    entry = readManifest(image.bytes);
    const outcome = await restore(request, image, { entry, origin });
    if (outcome === undefined) return { found: false, otherPaths: true };
    const { unchanged: _, ...restored } = outcome;
    return { found: true, digest, ...restored };
  } catch (error) {
    if (signal?.aborted === true) throw asAbort(signal, `The fetch of ${reference} from ${store.name}`);
    if (error instanceof BlobError && error.code === ERROR_CODES.NotFound) {
      return { found: false, lost: image === undefined ? `manifest ${error.digest}` : blobOf(error.digest, entry) };
    }
    throw asFetchError(error, request.dir);
  }
}

/** What a manifest turns out to be. */
interface StoredAs {
  readonly entry: EntryManifest | undefined;
  readonly origin: EntryOrigin | undefined;
}

/** Restores the image; undefined where it has nothing of the chosen paths. */
async function restore(
  request: EntryFetch,
  manifest: StoredManifest,
  { entry, origin }: StoredAs,
): Promise<Restored | undefined> {
  const limits = { ...ENTRY_LIMITS, ...request.limits };
  const workspace = await openWorkspace(request.dir, request.signal, request.lock);
  let unchanged = true;
  try {
    const attend = (): void => {
      request.signal?.throwIfAborted();
      workspace.checkLock();
    };
    const [pace, lastPace] = [new Pace(attend), new Pace(() => workspace.checkLock())];
    const older = OlderTimes.than(await pace.run(lookAtSources(request)), origin?.annotations ?? {});
    const work = { request, manifest, origin, workspace, limits, attend, pace, lastPace, older };
    const restored = await restoreAs(entry, work);
    if (restored === undefined) return undefined;
    unchanged = restored.unchanged;
    const aged = await lastPace.run(makeOlderThanSources(request, older));
    const given = await lastPace.run(giveToOwner(request, restored.annotations));
    return { ...restored, notes: [...workspace.notes, ...restored.notes, ...aged, ...given] };
  } catch (error) {
    // If another process took over, the fetch failed because of that, and this error comes first.
    workspace.checkLock();
    if (entry !== undefined) noteBroken(request.dir, error, manifest.descriptor.digest);
    throw error;
  } finally {
    await workspace.close(unchanged ? 'as found' : 'changed');
  }
}

/** An entry that another tool has copied with other compression has no index any more, whatever the annotations say: it is an ordinary image then. */
async function restoreAs(entry: EntryManifest | undefined, work: FetchWork): Promise<Restored | undefined> {
  try {
    if (entry !== undefined) return await (await import('./restore-entry.ts')).restoreEntry(work, entry);
  } catch (error) {
    if (!(error instanceof NoIndexInLayer)) throw error;
  }
  return await (await import('./restore-image.ts')).restoreImage(work);
}

/** The workspace is locked. An entry whose blobs are as they were, and that cannot be restored, is broken as a whole. */
function noteBroken(dir: string, error: unknown, manifest: string): void {
  const isBlob = error instanceof BlobError;
  if (!isBlob && !(error instanceof CacheError && error.code === ERROR_CODES.InvalidImage)) return;
  const broken = BrokenBlobs.of(dir);
  broken.add(isBlob ? error.digest : manifest);
  broken.keep();
}

/** A blob of an entry in words: `layer sha256:...`. */
function blobOf(digest: string, entry: EntryManifest | undefined): string {
  const isIndex = entry !== undefined && [entry.index, ...entry.deltas].some((index) => index.digest === digest);
  return `${isIndex ? 'index' : 'layer'} ${digest}`;
}

/** What the file system refuses is `Unwritable`, which the user has to mend, and no bug. */
function asFetchError(error: unknown, dir: string): CacheError {
  const errno = errnoOf(error);
  if (error instanceof CacheError || errno === undefined) return asCacheError(error);
  return new CacheError(
    ERROR_CODES.Unwritable,
    `The directory ${dir} could not be written (${errno}) and is as it was: check its free space and who owns it.`,
    { cause: error },
  );
}
