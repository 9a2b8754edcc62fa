import { BlobsUnknownError } from '../../../store/blobs-unknown-error.ts';
import type { BaseEntry } from './base-entry.ts';

/**
 * The layers of the base that the store has lost, by id, when nothing else is lost: what they hold can be packed again. An index cannot be
 * made of the workspace alone, nor can what hides something.
 */
export function lostLayers(error: unknown, base: BaseEntry | undefined): ReadonlySet<number> | undefined {
  if (!(error instanceof BlobsUnknownError) || error.digests.length === 0) return undefined;
  const lost = new Set<number>();
  for (const digest of error.digests) {
    const layer = base?.manifest.content.find(({ descriptor }) => descriptor.digest === digest);
    if (layer === undefined || layer.hides) return undefined;
    lost.add(layer.id);
  }
  return lost;
}
