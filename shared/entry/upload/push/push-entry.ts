/** Sends the index and the config of an entry whose layers are in the store, then the manifest and its tags. */
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { INDEX_DIFF_ID, embedIndex } from '../../../archive/index/index-layer.ts';
import { MAX_DELTAS, MAX_LAYERS } from '../../../archive/format.ts';
import type { Compression } from '../../../archive/format.ts';
import { readIndex } from '../../../archive/index/index-reader.ts';
import { indexPieces, writeIndex } from '../../../archive/index/index-writer.ts';
import type { Block, IndexParts } from '../../../archive/index/index-writer.ts';
import type { LayerFrames } from '../../../archive/entries/tree-entry.ts';
import type { Pace } from '../../../pace.ts';
import type { Store } from '../../../store/store.ts';
import { entryBlob, sendBlob } from '../../manifest/entry-blob.ts';
import type { EntryBlob } from '../../manifest/entry-blob.ts';
import { loadDiffIds } from '../base/base-entry.ts';
import type { BaseEntry } from '../base/base-entry.ts';
import type { NewLayer } from '../layers/layer-uploads.ts';
import { pathsEver, rememberHidden } from '../base/hidden-paths.ts';
import { readIndices } from '../../manifest/live-tree.ts';
import { CONFIG_TYPE, writeConfig } from '../../manifest/entry-config.ts';
import { LAYER_TYPES } from '../../manifest/manifest.ts';
import type { EntryLimits } from '../../entry.ts';
import { cacheTooLarge, excessOf } from '../../manifest/entry-limits.ts';
import type { BlobPieces } from '../../manifest/kept-indices.ts';
import type { ContentLayer } from '../../manifest/manifest.ts';
import type { NewIndex } from './new-index.ts';
import type { Again } from '../base/premise.ts';
import { tagEntry } from './tag-entry.ts';
import type { Tagged } from './tag-entry.ts';

interface PushOptions {
  readonly store: Store;
  /** Tags. */
  readonly reference: string;
  readonly aliases: readonly string[];
  readonly compression: Compression;
  readonly annotations: Readonly<Record<string, string>>;
  readonly base: BaseEntry | undefined;
  readonly layers: readonly NewLayer[];
  readonly index: NewIndex;
  /** Makes index and config others than they would be without it. */
  readonly variant: number | undefined;
  readonly limits: EntryLimits;
  readonly pace: Pace;
  readonly signal: AbortSignal | undefined;
}

/** A base index describes everything, a delta one upload. */
export function indexKind(base: BaseEntry | undefined): 'base' | 'delta' {
  return base === undefined || base.manifest.deltas.length >= MAX_DELTAS ? 'base' : 'delta';
}

interface PushedEntry extends Tagged {
  readonly kind: 'pushed';
  /** Digests of the blobs of its indices, and those blobs that are new. */
  readonly indices: readonly string[];
  readonly newIndices: ReadonlyMap<string, BlobPieces>;
}

/**
 * Pushes the entry, or says what to do instead: begin anew where there would be too many layers, or where the config of the base is of no use.
 *
 * @throws CacheError `TooLarge` past a limit, and what the store throws
 */
export async function pushEntry(options: PushOptions): Promise<PushedEntry | Again> {
  const { store, base, layers, index, variant, compression, annotations, reference, aliases, signal } = options;
  const kind = indexKind(base);
  const kept = base === undefined ? [] : keptLayers(base.manifest.content, index.live);
  const deltas = base === undefined || kind === 'base' ? [] : base.manifest.deltas;
  const content = [...kept, ...layers.map((layer) => newContent(layer, index))];
  if (base !== undefined && content.length + deltas.length + 3 > MAX_LAYERS) return { kind: 'anew' };
  const diffIdsBefore = await keptDiffIds(options, kept);
  if (diffIdsBefore === undefined) return { kind: 'anew' };
  const indexBlob = (parts: IndexParts): EntryBlob =>
    entryBlob(LAYER_TYPES[compression], embedIndex(indexPieces(parts), compression));
  const rebased = base !== undefined && kind === 'base' ? await rebase(options, base, kept) : undefined;
  const described = [...(rebased?.layers ?? []), ...layers.map(framesOf), ...variantLayer(variant)];
  const own = indexBlob({ kind, layers: described, blocks: index.blocks });
  const hidden = rebased?.hidden ?? [];
  const after = hidden.length === 0 ? [] : [indexBlob({ kind: 'delta', layers: [], blocks: hidden })];
  const indices =
    base === undefined || kind === 'base'
      ? { index: own.descriptor, deltas: after.map(({ descriptor }) => descriptor) }
      : { index: base.manifest.index, deltas: [...deltas, own.descriptor] };
  const { files, size } = index;
  const excess = excessOf(options.limits, { files, size, content, ...indices });
  if (excess !== undefined) cacheTooLarge(excess);
  const diffIds = [
    ...diffIdsBefore,
    ...layers.map(({ diffId }) => diffId),
    ...[indices.index, ...indices.deltas].map(() => INDEX_DIFF_ID),
  ];
  const platform = { architecture: architecture(), os: process.platform };
  const config = entryBlob(CONFIG_TYPE, [writeConfig({ ...platform, diffIds, variant })]);
  let bytesSent = 0;
  for (const each of [own, ...after, config]) bytesSent += await sendBlob(store, each, signal);
  const manifest = { config: config.descriptor, content, ...indices, compression, files, size, annotations };
  const resends = new Map([
    ...layers.map((layer) => [layer.descriptor.digest, () => resendLayer(layer)] as const),
    ...[own, ...after, config].map((each) => [each.descriptor.digest, () => sendBlob(store, each, signal)] as const),
  ]);
  const tagged = await tagEntry({ store, reference, aliases, manifest, resends, signal });
  return {
    kind: 'pushed',
    digest: tagged.digest,
    bytesSent: bytesSent + tagged.bytesSent,
    unmoved: tagged.unmoved,
    indices: [indices.index, ...indices.deltas].map(({ digest }) => digest),
    newIndices: new Map([own, ...after].map(({ descriptor, pieces }) => [descriptor.digest, pieces])),
  };
}

/**
 * A layer in which nothing is live goes, but not while it hides something of the ones before it: they would come to
 * light again for ordinary tools.
 */
function keptLayers(content: readonly ContentLayer[], live: ReadonlyMap<number, number>): ContentLayer[] {
  const kept: ContentLayer[] = [];
  for (const layer of content) {
    const bytes = live.get(layer.id) ?? 0;
    if (bytes > 0 || (layer.hides && kept.length > 0)) kept.push({ ...layer, live: bytes });
  }
  return kept;
}

function newContent(layer: NewLayer, index: NewIndex): ContentLayer {
  const { id, descriptor, frames, hides } = layer;
  const tarSize = frames.reduce((sum, frame) => sum + frame.tarSize, 0);
  return { id, descriptor, tarSize, live: index.live.get(id) ?? 0, hides };
}

interface Rebased {
  /** Kept layers. */
  readonly layers: readonly LayerFrames[];
  readonly hidden: readonly Block[];
}

/** What a new base index takes over from the indices before. */
async function rebase(
  { index, pace, signal }: PushOptions,
  base: BaseEntry,
  kept: readonly ContentLayer[],
): Promise<Rebased> {
  const { indices } = await readIndices(base.store, base.manifest, { signal });
  const frames = new Map(indices.flatMap(({ layers }) => layers).map((layer) => [layer.id, layer]));
  const live = readIndex(writeIndex({ kind: 'base', layers: [], blocks: index.blocks })).entries();
  return {
    layers: kept.map(({ id }) => frames.get(id)).filter((layer) => layer !== undefined),
    hidden: await pace.run(rememberHidden(pathsEver(indices), live)),
  };
}

/** Returns undefined when the base does not say. */
async function keptDiffIds(
  { base, signal }: PushOptions,
  kept: readonly ContentLayer[],
): Promise<readonly string[] | undefined> {
  if (base === undefined || kept.length === 0) return [];
  const diffIds = await loadDiffIds(base, signal);
  const ids = new Set(kept.map(({ id }) => id));
  return diffIds?.filter((_, n) => ids.has(base.manifest.content[n]?.id ?? -1));
}

/** A layer of no frames that no manifest has: an index may describe what was dropped, and so has another digest. */
function variantLayer(variant: number | undefined): readonly LayerFrames[] {
  return variant === undefined ? [] : [{ id: variant, frames: [] }];
}

function framesOf({ id, frames }: NewLayer): LayerFrames {
  return { id, frames };
}

/** Returns undefined when the files of the layer have changed meanwhile. */
async function resendLayer({ resend }: NewLayer): Promise<number | undefined> {
  try {
    return await resend();
  } catch (error) {
    if (error instanceof CacheError && error.code === ERROR_CODES.Unreadable) return undefined;
    throw error;
  }
}

/** The architecture of this machine, as OCI names it. */
function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
