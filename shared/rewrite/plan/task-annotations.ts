/** What the author of a Task says about caching, in annotations of the Task. */
import type { Metadata } from '../tekton/tekton.ts';

/** The step to fetch after. */
export const FETCH_AFTER_ANNOTATION = 'cache.tekton.dev/fetch-after';
/** `true`: the Task is left alone. */
const SKIP_ANNOTATION = 'cache.tekton.dev/skip';

export function isSkipped(metadata: Metadata | undefined): boolean {
  return metadata?.annotations?.[SKIP_ANNOTATION] === 'true';
}
