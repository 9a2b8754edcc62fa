import type { BaseReference } from '../../entry/entry.ts';
import { usesHash } from '../../request/template.ts';
import { readAs } from '../../scope/scoped-reference.ts';
import { expand } from './cache-work.ts';
import type { CacheWork } from './cache-work.ts';

/**
 * Entries that the workspace may have come from. An alias leads to the entry before this one, which has most of the content. The same key in other
 * places that the run may read is another.
 */
export async function basesOf(
  references: readonly string[],
  target: string,
  work: CacheWork,
): Promise<readonly BaseReference[]> {
  const places = new Set(references.flatMap((reference) => readAs(reference, work.scoped)));
  places.delete(target);
  const named = await Promise.all([...places].map(async (place) => await work.stores.find(place)));
  const origins = (work.cache.origins ?? [])
    // A mode that forbids the key leaves the hash uncomputed, and the content moves on all the same.
    .filter((template) => work.hash?.hash !== undefined || !usesHash(template))
    .flatMap((template) => readAs(expand(template, work), work.scoped));
  const others = await Promise.all(origins.map(async (place) => await work.stores.find(place)));
  return [...named, ...others.map(({ store }) => ({ store }))];
}
