/** A base index and the deltas after it as one live tree (docs/format.md, section 5), streaming. */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { MAX_DELTAS } from '../format.ts';
import type { IndexReader } from './index-reader.ts';
import type { Block } from './index-writer.ts';
import { liveEntries, overlay } from '../entries/overlay.ts';
import { patchIndex } from './patch-blocks.ts';
import { parentOf, printable } from '../paths/path.ts';
import type { LayerFrames, TreeEntry } from '../entries/tree-entry.ts';

export interface LiveTree {
  /** Every layer that the indices describe, by id; some may have been dropped from the manifest. */
  readonly layers: ReadonlyMap<number, LayerFrames>;
  /** The live entries in path order, each checked as it comes. May be run more than once. */
  entries(): IterableIterator<TreeEntry>;
  /** Blocks of its entries, once `entries` was run to its end: those of the base where no delta changes them. */
  blocks(): readonly Block[];
}

/**
 * @param indices the base, then its deltas, oldest first
 * @param contentLayers ids of the content layers of the manifest
 */
export function mergeIndices(indices: readonly IndexReader[], contentLayers: readonly number[]): LiveTree {
  const [base, ...deltas] = indices;
  if (base?.kind !== 'base' || deltas.some((delta) => delta.kind !== 'delta'))
    invalid('its indices are not a base and deltas');
  if (deltas.length > MAX_DELTAS) invalid(`it has ${deltas.length} deltas`);
  const layers = describedLayers(indices);
  for (const id of contentLayers) if (!layers.has(id)) invalid(`no index describes the layer ${id}`);
  const ends = new Map(contentLayers.map((id) => [id, frameEnds(layers.get(id))]));
  return {
    layers,
    blocks: () => deltas.reduce((blocks, delta) => patchIndex(blocks, delta.entries()), base.blocks()),
    *entries() {
      let merged: IterableIterator<TreeEntry> = liveEntries(base.entries());
      for (const delta of deltas) merged = overlay(merged, delta.entries());
      yield* checked(merged, ends);
    },
  };
}

function describedLayers(indices: readonly IndexReader[]): Map<number, LayerFrames> {
  const layers = new Map<number, LayerFrames>();
  for (const index of indices) {
    for (const layer of index.layers) {
      if (layers.has(layer.id)) invalid(`two indices describe the layer ${layer.id}`);
      layers.set(layer.id, layer);
    }
  }
  return layers;
}

/** Where each frame of a layer ends in the layer's tar, so that the place of an entry is checked without a search. */
function frameEnds(layer: LayerFrames | undefined): number[] {
  let end = 0;
  return layer?.frames.map((frame) => (end += frame.tarSize)) ?? [];
}

function* checked(
  entries: IterableIterator<TreeEntry>,
  ends: ReadonlyMap<number, readonly number[]>,
): IterableIterator<TreeEntry> {
  /** The directory entries above the current one, outermost first. */
  const open: string[] = [''];
  for (const entry of entries) {
    const parent = parentOf(entry.path);
    while (open.length > 1 && open.at(-1) !== parent) open.pop();
    if (open.at(-1) !== parent) invalid(`${printable(entry.path)} has no directory that it is in`);
    if (entry.type === 'directory') open.push(entry.path);
    const layer = ends.get(entry.layer);
    if (layer === undefined) invalid(`${printable(entry.path)} is in a layer that the image has not`);
    if (!hasPlace(entry, layer)) invalid(`${printable(entry.path)} has a place outside of its layer`);
    yield entry;
  }
}

/** Do header and content lie within the frames of the layer? */
function hasPlace(entry: TreeEntry, ends: readonly number[]): boolean {
  const end = ends[entry.frame];
  if (end === undefined) return false;
  const start = entry.frame === 0 ? 0 : (ends[entry.frame - 1] ?? 0);
  if (entry.offset < 512 || entry.offset % 512 !== 0 || start + entry.offset > end) return false;
  return entry.type !== 'file' || start + entry.offset + entry.size <= (ends.at(-1) ?? 0);
}

function invalid(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `The index of the image is invalid: ${problem}.`);
}
