import { embedIndex } from '../../archive/index/index-layer.ts';
import { BlockWriter, writeIndex } from '../../archive/index/index-writer.ts';
import { MAX_LAYERS } from '../../archive/format.ts';
import type { LayerFrames } from '../../archive/entries/tree-entry.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Pace } from '../../pace.ts';
import { sha256 } from '../../store/digest.ts';
import type { Store } from '../../store/store.ts';
import type { StoredTree } from '../manifest/live-tree.ts';
import { CONFIG_TYPE } from '../manifest/entry-config.ts';
import { LAYER_TYPES, writeManifest } from '../manifest/manifest.ts';
import type { ContentLayer, EntryManifest } from '../manifest/manifest.ts';
import { BASE } from './decision.ts';
import type { JoinedTree } from './joined-tree.ts';

/** One of the images that are joined. */
export interface StoredPart {
  readonly store: Store;
  readonly manifest: EntryManifest;
  readonly tree: StoredTree;
}

/** An image in memory only: its own index, over layers of the parts. */
export interface JoinedImage {
  readonly manifest: Uint8Array;
  readonly index: Uint8Array;
  /** The store of each layer, by the digest of the layer. */
  readonly layers: ReadonlyMap<string, Store>;
}

interface Used {
  readonly layer: ContentLayer;
  readonly frames: LayerFrames;
  readonly store: Store;
}

/** Layers that parts share, as what they started from, are one layer here. */
export async function joinImages(
  parts: readonly (StoredPart | undefined)[],
  joined: JoinedTree,
  pace: Pace,
): Promise<JoinedImage> {
  const compression = parts.find((part) => part !== undefined)?.manifest.compression ?? 'zstd';
  if (parts.some((part) => part !== undefined && part.manifest.compression !== compression)) {
    throw new CacheError(ERROR_CODES.InvalidImage, 'Entries with zstd and with gzip layers cannot be joined.');
  }
  const used = new Map<string, Used>();
  const layerOf = layerFinder(parts, used);
  const blocks = new BlockWriter();
  let files = 0;
  let size = 0;
  for (const each of joined.entries()) {
    if (pace.isDue) await pace.rest();
    if (each === undefined) continue;
    const { entry, tree } = each;
    blocks.add({ ...entry, layer: layerOf(tree, entry.layer) });
    files++;
    if (entry.type === 'file') size += entry.size;
  }
  const layers = [...used.values()];
  if (layers.length + 1 > MAX_LAYERS) {
    throw new CacheError(
      ERROR_CODES.TooLarge,
      `The entries to join have ${layers.length} layers, more than ${MAX_LAYERS - 1} in all. Let a task between them write the workspace anew.`,
    );
  }
  const data = writeIndex({ kind: 'base', layers: layers.map(({ frames }) => frames), blocks: blocks.finish() });
  const index = Buffer.concat(embedIndex([data], compression));
  const manifest = writeManifest({
    // Nothing that restores an entry reads its config.
    config: { mediaType: CONFIG_TYPE, digest: sha256(Buffer.alloc(0)), size: 0 },
    content: layers.map(({ layer }) => layer),
    index: { mediaType: LAYER_TYPES[compression], digest: sha256(index), size: index.length },
    deltas: [],
    compression,
    files,
    size,
    annotations: Object.fromEntries(
      parts.slice(BASE + 1).flatMap((part) => Object.entries(part?.manifest.annotations ?? {})),
    ),
  });
  return { manifest, index, layers: new Map(layers.map(({ layer, store }) => [layer.descriptor.digest, store])) };
}

/** The id here of a layer of a part; ids are given in the order in which the layers are met. */
function layerFinder(parts: readonly (StoredPart | undefined)[], used: Map<string, Used>) {
  const ids = new Map<string, number>();
  return (tree: number, id: number): number => {
    const key = `${tree}/${id}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const part = parts[tree];
    const layer = part?.manifest.content.find((content) => content.id === id);
    const frames = part?.tree.layers.get(id);
    if (part === undefined || layer === undefined || frames === undefined) {
      throw new CacheError(ERROR_CODES.InvalidImage, `The image has an entry in layer ${id}, which it does not have.`);
    }
    const { digest } = layer.descriptor;
    const there = used.get(digest)?.layer.id ?? used.size;
    if (!used.has(digest)) {
      used.set(digest, { layer: { ...layer, id: there }, frames: { ...frames, id: there }, store: part.store });
    }
    ids.set(key, there);
    return there;
  };
}
