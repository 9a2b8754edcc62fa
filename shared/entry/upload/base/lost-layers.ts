import type { EntryManifest } from '../../manifest/manifest.ts';

/**
 * The content layers of an entry that these blobs are, by id: what they hold can be packed again. Nothing when one of the blobs is something
 * else of the entry, or hides something: that cannot be made of the workspace alone.
 */
export function lostLayers(
  digests: readonly string[],
  entry: Pick<EntryManifest, 'content'> | undefined,
): ReadonlySet<number> | undefined {
  const lost = new Set<number>();
  for (const digest of digests) {
    const layer = entry?.content.find(({ descriptor }) => descriptor.digest === digest);
    if (layer === undefined || layer.hides) return undefined;
    lost.add(layer.id);
  }
  return lost;
}
