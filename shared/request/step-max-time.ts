import type { Verb } from '../interface/params.ts';
import { formatDuration } from '../interface/text/duration.ts';

/** `max-time` of a step, where nobody says it. What takes long holds up the Task, whose own timeout it would use up. Milliseconds. */
export const STEP_MAX_TIME_MS = 5 * 60_000;

/**
 * The option of an injected step. Where nobody said it, an upload that fails its run has none: its step takes the default itself, and does not count a
 * wait for the registry's garbage collection.
 */
export function maxTimeOption(
  verb: Verb,
  onError: string | undefined,
  givenMs: number | undefined,
): string | undefined {
  if (givenMs === undefined && verb === 'upload' && onError === 'fail') return undefined;
  return formatDuration(givenMs ?? STEP_MAX_TIME_MS);
}
