import { invalidParams } from '../errors.ts';
import { didYouMean } from './text/nearest.ts';

export const VERBS = ['fetch', 'upload'] as const;
export type Verb = (typeof VERBS)[number];
/** The kinds of our CustomRuns, and what each asks for. */
export const CACHE_KINDS: ReadonlyMap<string, Verb> = new Map([
  ['CacheFetch', 'fetch'],
  ['CacheUpload', 'upload'],
]);
export const MODES = ['pull-push', 'pull', 'push', 'off'] as const;
export type Mode = (typeof MODES)[number];

/** Set on a PipelineRun, it switches caching off or down for that run without an edit. */
export const MODE_ANNOTATION = 'cache.tekton.dev/mode';
const ANNOTATION_VALUES = ['off', 'pull', 'push'];

/** Whether a mode lets a fetch read, or an upload write. */
export function allows(mode: Mode, verb: Verb): boolean {
  return mode === 'pull-push' || mode === (verb === 'fetch' ? 'pull' : 'push');
}

/** Whether a run has nothing to do. A fetch that may not fetch still computes the hash for the upload after it, unless all is off. */
export function isSwitchedOff(mode: Mode, verb: Verb): boolean {
  return mode === 'off' || (verb === 'upload' && !allows(mode, verb));
}

/** The mode asked for, narrowed by the run's annotation: what either switches off is off. */
export function narrowMode(asked: Mode, annotation: string | undefined): Mode {
  if (annotation === undefined || annotation === '' || annotation === 'pull-push') return asked;
  if (annotation !== 'off' && annotation !== 'pull' && annotation !== 'push') {
    throw invalidParams(
      `Annotation ${MODE_ANNOTATION}: ${JSON.stringify(annotation)} is not a mode; ${didYouMean(annotation, ANNOTATION_VALUES)}`,
    );
  }
  return asked === 'pull-push' || asked === annotation ? annotation : 'off';
}
