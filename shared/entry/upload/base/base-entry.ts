/** The entry that an upload builds upon. */
import { BlobError, CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Compression } from '../../../archive/format.ts';
import type { Descriptor, Store } from '../../../store/store.ts';
import type { EntryCheck } from '../../entry.ts';
import type { BrokenBlobs } from '../../manifest/broken-blobs.ts';
import { imageManifest } from '../../manifest/image-manifest.ts';
import { readDiffIds } from '../../manifest/entry-config.ts';
import { readManifest } from '../../manifest/manifest.ts';
import type { EntryManifest } from '../../manifest/manifest.ts';
import { lostLayers } from './lost-layers.ts';

export interface BaseEntry {
  readonly store: Store;
  readonly descriptor: Descriptor;
  readonly manifest: EntryManifest;
  /** Content layers whose blobs are broken, by id: what they hold has to be packed again. */
  readonly lost: ReadonlySet<number>;
}

export interface BaseOptions {
  readonly compression: Compression;
  readonly broken: BrokenBlobs;
  readonly check?: EntryCheck | undefined;
  readonly signal: AbortSignal | undefined;
}

const CONFIG_BYTES = 1024 * 1024;
const USELESS: readonly string[] = [
  ERROR_CODES.InvalidImage,
  ERROR_CODES.DigestMismatch,
  ERROR_CODES.TooLarge,
  // An index leads to what is gone.
  ERROR_CODES.NotFound,
];

/** Returns undefined when there is no such image, or none that can be built upon. */
export async function loadBase(
  store: Store,
  reference: string,
  { compression, broken, check, signal }: BaseOptions,
): Promise<BaseEntry | undefined> {
  try {
    const stored = await store.getManifest(reference, signal);
    if (stored === undefined) return undefined;
    const { descriptor, bytes } = await imageManifest(store, stored, signal);
    const manifest = readManifest(bytes);
    if (manifest?.compression !== compression) return undefined;
    if ((await check?.({ store, reference: stored.descriptor.digest })) !== undefined) return undefined;
    const lost = broken.meets(descriptor.digest) ? undefined : lostLayers(brokenOf(manifest, broken), manifest);
    return lost === undefined ? undefined : { store, descriptor, manifest, lost };
  } catch (error) {
    if (error instanceof BlobError && error.code !== ERROR_CODES.NotFound) broken.add(error.digest);
    if (error instanceof CacheError && USELESS.includes(error.code)) return undefined;
    throw error;
  }
}

function brokenOf({ config, content, index, deltas }: EntryManifest, broken: BrokenBlobs): string[] {
  const blobs = [config, ...content.map(({ descriptor }) => descriptor), index, ...deltas];
  return blobs.map(({ digest }) => digest).filter((digest) => broken.meets(digest));
}

/** The diff_ids of the content layers; nothing when the config is not one of such an entry. @throws BlobError */
export async function loadDiffIds(
  { store, manifest }: BaseEntry,
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (manifest.config.size > CONFIG_BYTES) return undefined;
  const chunks: Buffer[] = [];
  await store.readBlob(manifest.config, (chunk) => void chunks.push(Buffer.from(chunk)), undefined, signal);
  try {
    const layers = manifest.content.length + 1 + manifest.deltas.length;
    return readDiffIds(Buffer.concat(chunks), layers).slice(0, manifest.content.length);
  } catch (error) {
    if (error instanceof CacheError && error.code === ERROR_CODES.InvalidImage) return undefined;
    throw error;
  }
}

/** Makes blobs of the base known to the store of the target, without moving bytes. False when it will not. */
export async function shareBlobs(
  base: BaseEntry,
  blobs: readonly Descriptor[],
  store: Store,
  signal?: AbortSignal,
): Promise<boolean> {
  if (base.store === store) return true;
  for (const { digest } of blobs) {
    if (await store.hasBlob(digest, signal)) continue;
    if (!(await store.mountBlob(digest, base.store, signal))) return false;
  }
  return true;
}
