/** Failures of an upload that another attempt can avoid: the fault is in the base entry or its blobs, not in the upload. */
import { BlobError, CacheError, ERROR_CODES } from '../../../errors.ts';
import { InvalidStatCache } from '../../../archive/stat-cache/stat-cache.ts';
import { BlobsUnknownError } from '../../../store/blobs-unknown-error.ts';
import type { Store } from '../../../store/store.ts';
import type { BrokenBlobs } from '../../manifest/broken-blobs.ts';
import type { BaseEntry } from './base-entry.ts';
import { lostLayers } from './lost-layers.ts';
import type { Again } from './premise.ts';

interface FailedAttempt {
  readonly store: Store;
  readonly base: BaseEntry | undefined;
  /** Gets what the failure says is broken. */
  readonly broken: BrokenBlobs;
  readonly signal: AbortSignal | undefined;
}

/** Returns undefined when the failure is the end. */
export async function afterFailure(cause: unknown, attempt: FailedAttempt): Promise<Again | undefined> {
  const { base, broken } = attempt;
  if (cause instanceof InvalidStatCache) return { kind: 'anew', cause };
  if (cause instanceof BlobsUnknownError) return await afterLoss(cause, attempt);
  if (cause instanceof BlobError) {
    broken.add(cause.digest);
    return { kind: 'anew', cause, repair: true };
  }
  if (base !== undefined && cause instanceof CacheError && cause.code === ERROR_CODES.InvalidImage) {
    broken.add(base.descriptor.digest);
    return { kind: 'anew', cause };
  }
  return undefined;
}

/** The registry says that it has a blob, and refuses a manifest for want of it. So it will not take the blob under this digest. */
async function afterLoss(cause: BlobsUnknownError, { store, base, broken, signal }: FailedAttempt): Promise<Again> {
  let repair: { readonly repair?: true } = {};
  for (const digest of cause.digests) {
    if (!(await store.hasBlob(digest, signal))) continue;
    broken.add(digest);
    repair = { repair: true };
  }
  const layers = cause.digests.length === 0 ? undefined : lostLayers(cause.digests, base?.manifest);
  return layers === undefined ? { kind: 'anew', cause, ...repair } : { kind: 'moving', layers, cause };
}
