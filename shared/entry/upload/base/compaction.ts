/** Chooses the layers of an entry whose live files the next upload packs again (docs/format.md, section 6). */
import type { ContentLayer, EntryManifest } from '../../manifest/manifest.ts';

/** With fewer dead bytes than this, nothing is packed again. */
const MIN_DEAD_BYTES = 1024 * 1024;
/** With more layers than this there is hardly room for new ones. */
const MAX_KEPT_LAYERS = 80;
/** So many are left, so that the next uploads have room. */
const FEW_LAYERS = 48;

/** What is packed again: nothing, the content of these layers (by id), or everything. */
type Compaction = 'nothing' | ReadonlySet<number> | 'everything';

/** Chooses the layers with the largest dead part, and of many the smallest. */
export function planCompaction({ content }: Pick<EntryManifest, 'content'>): Compaction {
  const tooDead = isTooDead(content);
  if (!tooDead && content.length <= MAX_KEPT_LAYERS) return 'nothing';
  const moved = tooDead ? mostlyDead(content) : new Set<number>();
  if (content.length > MAX_KEPT_LAYERS) {
    const smallest = movable(content).toSorted((a, b) => a.live - b.live);
    for (const { id } of smallest) if (content.length - moved.size > FEW_LAYERS) moved.add(id);
    // Whiteouts stay as long as a layer is before them.
    if (content.length - moved.size > FEW_LAYERS) return 'everything';
  }
  return moved.size === movable(content).length ? 'everything' : moved;
}

/** Are half of the stored bytes of no use any more? */
function isTooDead(content: readonly ContentLayer[]): boolean {
  const [total, live] = [sum(content, tarSize), sum(content, liveSize)];
  return total - live >= MIN_DEAD_BYTES && live * 2 <= total;
}

/**
 * Until at most a quarter of what stays is dead. Each of them is dead for more than a quarter, so that for every dead byte that
 * goes at most three live ones are sent.
 */
function mostlyDead(content: readonly ContentLayer[]): Set<number> {
  const moved = new Set<number>();
  const layers = movable(content);
  let [total, live] = [sum(layers, tarSize), sum(layers, liveSize)];
  for (const layer of layers.toSorted((a, b) => liveSize(a) / a.tarSize - liveSize(b) / b.tarSize)) {
    if (live * 4 >= total * 3) break;
    moved.add(layer.id);
    total -= layer.tarSize;
    live -= liveSize(layer);
  }
  return moved;
}

/** Layers of which something is live; others go by themselves, or hide something. */
function movable(content: readonly ContentLayer[]): readonly ContentLayer[] {
  return content.filter(({ live, tarSize: size }) => live > 0 && size > 0);
}

function tarSize(layer: ContentLayer): number {
  return layer.tarSize;
}

function liveSize({ live, tarSize: size }: ContentLayer): number {
  return Math.min(live, size);
}

function sum(content: readonly ContentLayer[], of: (layer: ContentLayer) => number): number {
  return content.reduce((total, layer) => total + of(layer), 0);
}
