import type { Verb } from '../../../interface/params.ts';
import type { Results } from '../../../interface/results/results.ts';

/** What one step or custom task did, or what became of one of its caches. */
export interface CacheResult {
  /** The TaskRun or CustomRun. */
  readonly run: string;
  readonly task: string;
  /** From 1; more than that with retries. */
  readonly attempt: number;
  /** The step of a TaskRun; `CustomRun` for a custom task. */
  readonly by: string;
  readonly verb: Verb;
  /** Their names, as far as they are known. Where there are several, each may have a row after the joined one. */
  readonly caches: readonly string[];
  /** The row is about one of several caches, whose joined row is before it. */
  readonly part?: true;
  readonly outcome: Outcome;
  /** The word of the closed list; where there is no result, that of the container. */
  readonly reason: string;
  /** From its begin to its end, in whole seconds as Kubernetes tells both; absent as long as it has not ended, and of a part. */
  readonly seconds?: number;
  /** Under their plain names: those that Tekton has, and of a step whose log is there all. Bytes of a part are rounded as the log has them. */
  readonly results: Results;
  /** The entry, or the template that a step was given, where its result is not known. */
  readonly target: string;
  /** The log of the step is there to its end, and is believed. */
  readonly logged?: true;
  /** Bytes that a fetch received for what it restored, rounded as the log has them. */
  readonly received?: number;
  /** What the log says besides. */
  readonly notes?: readonly string[];
}

export type Outcome = 'hit' | 'fallback' | 'miss' | 'uploaded' | 'not uploaded' | 'not done' | 'no result';

/** A row without the run, task and attempt that it belongs to. */
export type Found = Omit<CacheResult, 'run' | 'task' | 'attempt'>;

export type Verdict = Pick<CacheResult, 'outcome' | 'reason'>;

/** A step that a resolver put in has the reason alone, which says it all. */
export function verdictOf(verb: Verb, { match, hit, uploaded, reason = '' }: Results): Verdict {
  if (verb === 'upload') {
    const isUploaded = (uploaded ?? String(reason === 'pushed')) === 'true';
    return { outcome: isUploaded ? 'uploaded' : 'not uploaded', reason };
  }
  const isHit = (hit ?? String(reason === 'exact')) === 'true';
  return { outcome: isHit ? 'hit' : (match ?? reason) === 'fallback' ? 'fallback' : 'miss', reason };
}
