/** The entry that an upload builds upon. */
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Compression } from '../../../archive/format.ts';
import type { Descriptor, Store } from '../../../store/store.ts';
import { readDiffIds, readManifest } from '../../manifest/manifest.ts';
import type { EntryManifest } from '../../manifest/manifest.ts';
import { StartAnew } from './start-anew.ts';

export interface BaseEntry {
  readonly store: Store;
  readonly descriptor: Descriptor;
  /** Of the manifest. */
  readonly bytes: Uint8Array;
  readonly manifest: EntryManifest;
}

const CONFIG_BYTES = 1024 * 1024;

/** Nothing when there is no such image, or none that can be built upon. */
export async function loadBase(
  store: Store,
  reference: string,
  compression: Compression,
  signal?: AbortSignal,
): Promise<BaseEntry | undefined> {
  try {
    const stored = await store.getManifest(reference, signal);
    const manifest = stored === undefined ? undefined : readManifest(stored.bytes);
    if (stored === undefined || manifest?.compression !== compression) return undefined;
    return { store, descriptor: stored.descriptor, bytes: stored.bytes, manifest };
  } catch (error) {
    const broken: readonly string[] = [ERROR_CODES.InvalidImage, ERROR_CODES.DigestMismatch, ERROR_CODES.TooLarge];
    if (error instanceof CacheError && broken.includes(error.code)) return undefined;
    throw error;
  }
}

/** The diff_ids of the content layers. @throws StartAnew when the config is not what the manifest says, or gone */
export async function loadDiffIds({ store, manifest }: BaseEntry, signal?: AbortSignal): Promise<readonly string[]> {
  if (manifest.config.size > CONFIG_BYTES) throw new StartAnew();
  const chunks: Buffer[] = [];
  try {
    await store.readBlob(manifest.config, (chunk) => void chunks.push(Buffer.from(chunk)), undefined, signal);
    const layers = manifest.content.length + 1 + manifest.deltas.length;
    return readDiffIds(Buffer.concat(chunks), layers).slice(0, manifest.content.length);
  } catch (error) {
    const broken: readonly string[] = [ERROR_CODES.InvalidImage, ERROR_CODES.DigestMismatch, ERROR_CODES.NotFound];
    if (error instanceof CacheError && broken.includes(error.code)) throw new StartAnew('', { cause: error });
    throw error;
  }
}

/** Makes blobs of the base known to the store of the target, without moving bytes. @throws StartAnew when it will not */
export async function shareBlobs(
  base: BaseEntry,
  blobs: readonly Descriptor[],
  store: Store,
  signal?: AbortSignal,
): Promise<void> {
  if (base.store === store) return;
  for (const { digest } of blobs) {
    if (await store.hasBlob(digest, signal)) continue;
    if (!(await store.mountBlob(digest, base.store, signal))) throw new StartAnew();
  }
}
