/**
 * Builds entries of our format from a list, in memory, one layer after another, for tests of readers: it can be told to lie in every
 * place where an image can.
 */
import { hash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../../../shared/archive/format.ts';
import { embedIndex, INDEX_DIFF_ID } from '../../../shared/archive/index/index-layer.ts';
import { BlockWriter, writeIndex } from '../../../shared/archive/index/index-writer.ts';
import { comparePaths, isBelow } from '../../../shared/archive/paths/path.ts';
import { padded, TAR_END_BYTES } from '../../../shared/archive/tar/ustar-block.ts';
import { writeHeader } from '../../../shared/archive/tar/tar-header.ts';
import type { Frame, IndexEntry, LayerFrames, TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';
import { CONFIG_TYPE, writeConfig } from '../../../shared/entry/manifest/entry-config.ts';
import { LAYER_TYPES, writeManifest } from '../../../shared/entry/manifest/manifest.ts';
import { MANIFEST_TYPE } from '../../../shared/store/media-type.ts';
import type { Descriptor, Store } from '../../../shared/store/store.ts';
import type { Item } from '../tree/item.ts';

/** Where to deviate from the truth. */
export interface Lies {
  /** Changes an entry of the index after its place is known. */
  readonly entry?: (entry: TreeEntry) => TreeEntry;
  /** Changes the tar of a frame before it is compressed. */
  readonly tar?: (tar: Buffer) => Buffer;
  /** Changes a compressed frame after its digest was taken. */
  readonly frame?: (frame: Buffer) => Buffer;
  readonly frames?: (frames: readonly Frame[]) => readonly Frame[];
  readonly index?: (index: Buffer) => Buffer;
  readonly manifest?: (manifest: Record<string, unknown>) => void;
  /** Keep the order of the list. */
  readonly unsorted?: boolean;
}

export interface BuildOptions {
  readonly items: readonly Item[];
  readonly compression?: Compression;
  /** Tar bytes in a frame; a multiple of 512. */
  readonly frameBytes?: number;
  /** Items in a layer. */
  readonly layerItems?: number;
  readonly lies?: Lies;
  /** Later uploads, each of items and of paths that are gone. */
  readonly deltas?: readonly (readonly (Item | { readonly path: string; readonly type: 'deleted' })[])[];
}

interface BuiltLayer {
  readonly layer: LayerFrames;
  readonly bytes: Buffer;
  readonly diffId: string;
  readonly entries: readonly TreeEntry[];
}

const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => comparePaths(a.path, b.path);
const isItem = (change: { readonly type: string }): change is Item => change.type !== 'deleted';

export async function putEntry(store: Store, reference: string, options: BuildOptions): Promise<Descriptor> {
  const { compression = 'zstd', lies = {}, layerItems = Infinity } = options;
  const sorted = lies.unsorted === true ? options.items : options.items.toSorted(byPath);
  const layers: BuiltLayer[] = [];
  for (let at = 0, id = 0; at < sorted.length || id === 0; id++) {
    const items = sorted.slice(at, at + layerItems);
    at += Math.max(items.length, 1);
    layers.push(buildLayer(id, items, options));
  }
  const blocks = new BlockWriter();
  const entries = layers.flatMap((layer) => layer.entries);
  for (const entry of entries) blocks.add(lies.entry?.(entry) ?? entry);
  const described = layers.map(({ layer }) => ({ ...layer, frames: lies.frames?.(layer.frames) ?? layer.frames }));
  const data = writeIndex({ kind: 'base', layers: described, blocks: blocks.finish() });
  const index = Buffer.concat(embedIndex([lies.index?.(data) ?? data], compression));
  const mediaType = LAYER_TYPES[compression];
  const put = async (bytes: Buffer, type: string): Promise<Descriptor> => {
    const digest = `sha256:${digestOf(bytes)}`;
    await store.putBlob(digest, bytes);
    return { mediaType: type, digest, size: bytes.length };
  };
  const live = new Map(entries.map((entry) => [entry.path, entry]));
  const deltas: Buffer[] = [];
  for (const changes of options.deltas ?? []) {
    const made = buildLayer(layers.length, changes.filter(isItem).toSorted(byPath), options);
    const deleted = changes.flatMap(({ path, type }) => (type === 'deleted' ? [{ path, type }] : []));
    const delta = [...made.entries, ...deleted].toSorted(byPath);
    const writer = new BlockWriter();
    for (const entry of delta) {
      writer.add(entry);
      apply(live, entry);
    }
    layers.push(made);
    const parts = { kind: 'delta' as const, layers: [made.layer], blocks: writer.finish() };
    deltas.push(Buffer.concat(embedIndex([writeIndex(parts)], compression)));
  }
  const all = [...live.values()];
  const indices = [index, ...deltas];
  const diffIds = [...layers.map(({ diffId }) => diffId), ...indices.map(() => INDEX_DIFF_ID)];
  const manifest = writeManifest({
    config: await put(writeConfig({ architecture: 'amd64', os: 'linux', diffIds }), CONFIG_TYPE),
    content: await Promise.all(
      layers.map(async ({ layer, bytes }) => ({
        id: layer.id,
        descriptor: await put(bytes, mediaType),
        ...tarOf(layer),
      })),
    ),
    index: await put(index, mediaType),
    deltas: await Promise.all(deltas.map((delta) => put(delta, mediaType))),
    compression,
    files: all.length,
    size: all.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0),
    annotations: {},
  });
  const json: unknown = JSON.parse(manifest.toString());
  const copy = Object.fromEntries(Object.entries(json ?? {}));
  lies.manifest?.(copy);
  return store.putManifest(reference, MANIFEST_TYPE, Buffer.from(JSON.stringify(copy)));
}

/** What a later upload changes: of equal paths the later counts, and what is no directory has nothing below it. */
function apply(live: Map<string, TreeEntry>, change: IndexEntry): void {
  for (const path of live.keys()) {
    if (path === change.path || (change.type !== 'directory' && isBelow(path, change.path))) live.delete(path);
  }
  if (change.type !== 'deleted') live.set(change.path, change);
}

function tarOf({ frames }: LayerFrames): { readonly tarSize: number; readonly live: number; readonly hides: boolean } {
  const tarSize = frames.reduce((sum, frame) => sum + frame.tarSize, 0);
  return { tarSize, live: tarSize, hides: false };
}

function buildLayer(id: number, items: readonly Item[], options: BuildOptions): BuiltLayer {
  const { compression = 'zstd', frameBytes = 16 * 1024 * 1024, lies = {} } = options;
  const compress = compression === 'zstd' ? zstdCompressSync : gzipSync;
  const tars: Buffer[] = [];
  const entries: TreeEntry[] = [];
  let pieces: Buffer[] = [];
  let used = 0;
  const close = (): void => {
    if (used > 0) tars.push(Buffer.concat(pieces));
    [pieces, used] = [[], 0];
  };
  const append = (bytes: Buffer): void => {
    pieces.push(bytes);
    used += bytes.length;
  };
  for (const item of items) {
    const content = Buffer.from(item.content ?? '');
    const attributes = {
      mode: item.mode ?? (item.type === 'directory' ? 0o755 : 0o644),
      mtimeSec: item.mtimeSec ?? 1e9,
      mtimeNs: item.mtimeNs ?? 0,
    };
    const head = Buffer.alloc(16 * 1024);
    const size = item.type === 'file' ? content.length : 0;
    const headBytes = writeHeader(head, 0, {
      ...attributes,
      type: item.type,
      path: item.path,
      size,
      target: item.target ?? '',
    });
    const body = Buffer.alloc(padded(size));
    content.copy(body);
    const total = headBytes + body.length;
    if (used > 0 && used + headBytes + (total <= frameBytes ? body.length : 0) > frameBytes) close();
    append(head.subarray(0, headBytes));
    const place = { path: item.path, layer: id, frame: tars.length, offset: used, ...attributes };
    if (item.type === 'file') entries.push({ ...place, type: 'file', size, digest: digestOf(content) });
    else if (item.type === 'directory') entries.push({ ...place, type: 'directory' });
    else entries.push({ ...place, type: item.type, target: item.target ?? '' });
    for (let at = 0; at < body.length;) {
      if (used >= frameBytes) close();
      const part = body.subarray(at, at + frameBytes - used);
      append(part);
      at += part.length;
    }
  }
  append(Buffer.alloc(TAR_END_BYTES));
  close();
  const changed = tars.map((tar) => lies.tar?.(tar) ?? tar);
  const compressed = changed.map((tar) => compress(tar));
  const frames = compressed.map((frame, i) => ({
    size: frame.length,
    tarSize: changed[i]?.length ?? 0,
    digest: digestOf(frame),
  }));
  const bytes = Buffer.concat(compressed.map((frame) => lies.frame?.(frame) ?? frame));
  return { layer: { id, frames }, bytes, diffId: `sha256:${digestOf(Buffer.concat(changed))}`, entries };
}
