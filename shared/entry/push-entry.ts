/** Sends what makes new layers an entry: index, config, and at last the manifest and its tags. */
import { hash } from 'node:crypto';
import { INDEX_DIFF_ID, embedIndex } from '../archive/index-layer.ts';
import { MAX_DELTAS, MAX_LAYERS } from '../archive/format.ts';
import type { Compression } from '../archive/format.ts';
import { writeIndex } from '../archive/index-writer.ts';
import type { LayerFrames } from '../archive/tree-entry.ts';
import type { Descriptor, Store } from '../store/store.ts';
import { loadDiffIds } from './base-entry.ts';
import type { BaseEntry } from './base-entry.ts';
import type { NewLayer } from './layer-uploads.ts';
import { readLiveTree } from './live-tree.ts';
import { CONFIG_TYPE, LAYER_TYPES, MANIFEST_TYPE, writeConfig, writeManifest } from './manifest.ts';
import type { ContentLayer, EntryManifest } from './manifest.ts';
import type { NewIndex } from './new-index.ts';
import { StartAnew } from './start-anew.ts';

export interface PushOptions {
  readonly store: Store;
  /** Tags. */
  readonly references: readonly string[];
  readonly compression: Compression;
  readonly annotations: Readonly<Record<string, string>>;
  readonly base: BaseEntry | undefined;
  readonly layers: readonly NewLayer[];
  readonly index: NewIndex;
  readonly signal: AbortSignal | undefined;
}

export interface Pushed {
  readonly digest: string;
  readonly bytesSent: number;
}

/** A base index describes everything, a delta one upload. */
export function indexKind(base: BaseEntry | undefined): 'base' | 'delta' {
  return base === undefined || base.manifest.deltas.length >= MAX_DELTAS ? 'base' : 'delta';
}

/** @throws StartAnew when the entry would have more layers than one may have */
export async function pushEntry(options: PushOptions): Promise<Pushed> {
  const { store, base, layers, index, compression, annotations, references, signal } = options;
  const kind = indexKind(base);
  const kept = base === undefined ? [] : keptLayers(base.manifest.content, index.live);
  const deltas = base === undefined || kind === 'base' ? [] : base.manifest.deltas;
  const content = [...kept, ...layers.map((layer) => newContent(layer, index))];
  if (content.length + deltas.length + 2 > MAX_LAYERS) throw new StartAnew();
  const described = kind === 'delta' ? layers.map(framesOf) : await allLayers(options, kept);
  const data = writeIndex({ kind, layers: described, blocks: index.blocks });
  const indexBlob = blob(LAYER_TYPES[compression], embedIndex(data, compression));
  const indices =
    base === undefined || kind === 'base'
      ? { index: indexBlob.descriptor, deltas: [] }
      : { index: base.manifest.index, deltas: [...deltas, indexBlob.descriptor] };
  const diffIds = [
    ...(await keptDiffIds(options, kept)),
    ...layers.map(({ diffId }) => diffId),
    ...[indices.index, ...indices.deltas].map(() => INDEX_DIFF_ID),
  ];
  const config = blob(CONFIG_TYPE, writeConfig({ architecture: architecture(), os: process.platform, diffIds }));
  let bytesSent = 0;
  for (const { descriptor, bytes } of [indexBlob, config]) {
    if (await store.putBlob(descriptor.digest, bytes, signal)) bytesSent += bytes.length;
  }
  const { files, size } = index;
  const manifest = { config: config.descriptor, content, ...indices, compression, files, size, annotations };
  const tagged = await tagEntry({ store, references, manifest, signal });
  return { digest: tagged.digest, bytesSent: bytesSent + tagged.bytesSent };
}

export interface TagOptions {
  readonly store: Store;
  readonly references: readonly string[];
  readonly manifest: EntryManifest;
  readonly signal: AbortSignal | undefined;
}

/** Puts a manifest whose blobs are all there. The first reference comes last: who sees it sees the others too. */
export async function tagEntry({ store, references, manifest, signal }: TagOptions): Promise<Pushed> {
  const bytes = writeManifest(manifest);
  for (const reference of references.toReversed()) await store.putManifest(reference, MANIFEST_TYPE, bytes, signal);
  return { digest: digestOf(bytes), bytesSent: bytes.length * references.length };
}

/**
 * A layer in which nothing is live goes, but not while it hides something of the ones before it: they would come to
 * light again for ordinary tools.
 */
export function keptLayers(content: readonly ContentLayer[], live: ReadonlyMap<number, number>): ContentLayer[] {
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

async function allLayers({ base, layers, signal }: PushOptions, kept: readonly ContentLayer[]): Promise<LayerFrames[]> {
  if (base === undefined) return layers.map(framesOf);
  const tree = await readLiveTree(base.store, base.manifest, signal);
  const old = kept.map(({ id }) => tree.layers.get(id)).filter((layer) => layer !== undefined);
  return [...old, ...layers.map(framesOf)];
}

async function keptDiffIds({ base, signal }: PushOptions, kept: readonly ContentLayer[]): Promise<string[]> {
  if (base === undefined || kept.length === 0) return [];
  const diffIds = await loadDiffIds(base, signal);
  const ids = new Set(kept.map(({ id }) => id));
  return diffIds.filter((_, n) => ids.has(base.manifest.content[n]?.id ?? -1));
}

function framesOf({ id, frames }: NewLayer): LayerFrames {
  return { id, frames };
}

function blob(mediaType: string, bytes: Buffer): { readonly descriptor: Descriptor; readonly bytes: Buffer } {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes)}`;
}

/** As OCI names it. */
function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
