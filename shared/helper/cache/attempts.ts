import { asCacheError } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import { expandIfGood, repositoryOfTemplate } from '../../request/template.ts';
import { readAs } from '../../scope/scoped-reference.ts';
import { expand, lacksHash } from './cache-work.ts';
import type { CacheOutcome, CacheWork } from './cache-work.ts';

/** One target that a fetch tries. */
export type Attempt = { readonly match: 'exact' | 'fallback' } & (
  | { readonly kind: 'reference'; readonly target: string }
  /** The template needs a hash that is not known. */
  | { readonly kind: 'unhashed'; readonly place: string; readonly outcome: CacheOutcome }
  /** The template is none, or stands for no reference. */
  | { readonly kind: 'invalid'; readonly place: string; readonly failure: CacheError }
);

/** What is tried in order: the target and then each fallback, in each of the places that the run may read. */
export function attemptsOf(work: CacheWork): readonly Attempt[] {
  return templatesOf(work).flatMap((template, at): readonly Attempt[] => {
    const match = at === 0 ? 'exact' : 'fallback';
    try {
      const unhashed = lacksHash(template, work);
      if (unhashed !== undefined)
        return [{ match, kind: 'unhashed', place: placeOf(template, work), outcome: unhashed }];
      return readAs(expand(template, work), work.scoped).map((target) => ({ match, kind: 'reference', target }));
    } catch (error) {
      return [{ match, kind: 'invalid', place: placeOf(template, work), failure: asCacheError(error) }];
    }
  });
}

/** The repository or layout that a template names although its tag is unknown: what lies there is not to be harmed. */
function placeOf(template: string, { cache, variables }: CacheWork): string {
  return repositoryOfTemplate(expandIfGood(template, { ...variables, workspace: cache.name }));
}

/** A cache that is joined has a target only where one entry may stand for all of them. */
function templatesOf({ cache, request }: CacheWork): string[] {
  if (cache.join !== undefined) return cache.target === undefined ? [] : [cache.target, ...(cache.fallbacks ?? [])];
  return [cache.target ?? request.target, ...(cache.fallbacks ?? request.fallbacks)];
}
