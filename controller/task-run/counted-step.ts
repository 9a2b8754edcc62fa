import { STEP_NAMES, STEPS_LABEL } from '../../shared/interface/injected-step.ts';
import { VERBS } from '../../shared/interface/mode.ts';
import type { Verb } from '../../shared/interface/mode.ts';
import { knownReason } from '../../shared/interface/results/results.ts';
import type { Reason } from '../../shared/interface/results/results.ts';
import type { StepState, TaskRun } from '../tekton/task-run.ts';

/** What a cache step came to. Each word is of a closed list, whatever the TaskRun says. */
interface CountedStep {
  readonly resolver: 'cache' | 'wrap' | 'none';
  readonly verb: Verb;
  readonly outcome: 'hit' | 'fallback' | 'miss' | 'uploaded' | 'not-uploaded';
  readonly reason: Reason | 'other';
  /** How long its container ran; absent where the TaskRun does not say it. */
  readonly seconds?: number;
}

/** The longest that a step can be believed to have run: a month. */
const LONGEST_SECONDS = 31 * 86_400;

/**
 * The cache steps that have said what they came to: of fetches that look again for the sources the last one. A step that never ran, or that was
 * killed, says nothing.
 */
export function countedSteps({ metadata, status }: TaskRun): CountedStep[] {
  const label = metadata.labels?.[STEPS_LABEL];
  const resolver = label === 'cache' || label === 'wrap' ? label : 'none';
  const states = Array.isArray(status?.steps) ? status.steps : [];
  return VERBS.flatMap((verb) => {
    const state = states.findLast((one) => isOf(verb, one) && reasonOf(one) !== undefined);
    const reason = state && reasonOf(state);
    if (state === undefined || reason === undefined) return [];
    const known = knownReason(reason);
    return [{ resolver, verb, outcome: OUTCOMES[verb](known), reason: known, ...duration(state) }];
  });
}

const OUTCOMES: Readonly<Record<Verb, (reason: string) => CountedStep['outcome']>> = {
  fetch: (reason) => (reason === 'exact' ? 'hit' : reason === 'fallback' ? reason : 'miss'),
  upload: (reason) => (reason === 'pushed' ? 'uploaded' : 'not-uploaded'),
};

function isOf(verb: Verb, { name }: StepState): boolean {
  const wanted = STEP_NAMES[verb];
  return name === wanted || (name?.startsWith(`${wanted}-`) === true && /^\d+$/.test(name.slice(wanted.length + 1)));
}

function reasonOf({ results }: StepState): string | undefined {
  const value = Array.isArray(results) ? results.find(({ name }) => name === 'reason')?.value : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function duration({ terminated }: StepState): Pick<CountedStep, 'seconds'> {
  const { startedAt, finishedAt } = terminated ?? {};
  const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000;
  return seconds >= 0 && seconds <= LONGEST_SECONDS ? { seconds } : {};
}
