/** Restores an entry of our own format, or sees that all of it is there: then nothing of what restores is even loaded. */
import { selectionOf } from '../../archive/paths/selection.ts';
import { openStatCache } from '../../archive/stat-cache/stat-cache.ts';
import { equalsStatCache } from '../../archive/stat-cache/restored-stat-cache.ts';
import type { FetchWork, Restored } from './fetch-work.ts';
import { excessOf, imageTooLarge } from '../manifest/entry-limits.ts';
import type { EntryManifest } from '../manifest/manifest.ts';

export async function restoreEntry(work: FetchWork, manifest: EntryManifest): Promise<Restored> {
  const { request } = work;
  const excess = excessOf(work.limits, manifest);
  if (excess !== undefined) imageTooLarge(excess);
  const selection = selectionOf(request.paths, request.exclude);
  const statCache = openStatCache(request.dir, selection);
  try {
    const outcome = { size: manifest.size, files: manifest.files, annotations: manifest.annotations };
    if (
      statCache?.digest === work.manifest.descriptor.digest &&
      (await equalsStatCache(statCache, { ...request, files: manifest.files }, selection, work.pace))
    ) {
      return { ...outcome, bytesReceived: 0, unchanged: true, notes: [] };
    }
    const { restoreMissing } = await import('./restore-missing.ts');
    return { ...outcome, ...(await restoreMissing({ work, manifest, selection, statCache })) };
  } finally {
    statCache?.close();
  }
}
