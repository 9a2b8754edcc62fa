import type { Verb } from '../interface/params.ts';
import { formatDuration } from '../interface/text/duration.ts';

/** `max-time` of a step, where nobody says it. What takes long holds up the Task, whose own timeout it would use up. Milliseconds. */
export const STEP_MAX_TIME_MS = 5 * 60_000;

/** The part of a Task's timeout that one step of ours takes at most: with a fetch and an upload, the build has half of it. */
const PART_OF_TIMEOUT = 1 / 4;

/** What says how long an injected step may take. */
interface StepTime {
  readonly onMiss: string | undefined;
  readonly onError: string | undefined;
  /** `max-time`, where somebody said it. */
  readonly givenMs: number | undefined;
  /** When Tekton ends the Task; infinite where it does not. */
  readonly timeoutMs: number;
}

/**
 * The option of an injected step. Where nobody said it, an upload that fails its run has none: its step takes the default itself, and does not count a
 * wait for the registry's garbage collection. A step that fails its run where its time is over takes it: to end it early would be such a failure.
 */
export function maxTimeOption(verb: Verb, { onMiss, onError, givenMs, timeoutMs }: StepTime): string | undefined {
  if (givenMs !== undefined) return formatDuration(givenMs);
  if (verb === 'upload' && onError === 'fail') return undefined;
  if ((verb === 'fetch' && onMiss === 'fail') || onError === 'fail') return formatDuration(STEP_MAX_TIME_MS);
  return formatDuration(Math.min(STEP_MAX_TIME_MS, Math.max(1, timeoutMs * PART_OF_TIMEOUT)));
}

/** What a CustomRun may take where nobody says it: Tekton's default. */
const CUSTOM_RUN_TIMEOUT_MS = 60 * 60_000;

/**
 * The option of a custom task that uploads in `finally`, where the time is less than it would have anyway; undefined where it needs none. It takes half,
 * as its pod takes a while to start. One that fails its run takes all of it.
 */
export function maxTimeOfLastUpload({ onError, givenMs, timeoutMs }: Omit<StepTime, 'onMiss'>): string | undefined {
  if (givenMs !== undefined || onError === 'fail' || timeoutMs >= CUSTOM_RUN_TIMEOUT_MS) return undefined;
  return formatDuration(Math.max(1, timeoutMs / 2));
}
