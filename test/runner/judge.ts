import type { RunRecord, TestResult } from './results.ts';

/** More tests than this that pass only the second time are no chance. */
export const FLAKY_AT_MOST = 3;
/** Of a suite in which more has failed nothing is run again: it is broken, and says so sooner. */
export const AGAIN_AT_MOST = 10;

export interface SuiteVerdict {
  readonly passed: number;
  readonly skipped: number;
  /** The second failure where a test was run again. */
  readonly failures: readonly TestResult[];
  /** The first failure of what passed when it was run again. */
  readonly flaky: readonly TestResult[];
}

export interface Selection {
  readonly files: readonly string[];
  /** For mocha's `--grep`. */
  readonly grep: string;
}

const failuresOf = ({ results }: RunRecord): TestResult[] => results.filter(({ outcome }) => outcome === 'failed');
const keyOf = ({ file, title }: TestResult): string => `${file}\n${title}`;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** What to run once more: each failed test by its whole title, and for a hook all tests of its describe. */
export const selectAgain = (first: RunRecord): Selection | undefined => {
  const failures = failuresOf(first);
  const isHopeless = !first.complete || failures.length > AGAIN_AT_MOST || failures.some(({ file }) => file === '');
  if (failures.length === 0 || isHopeless) return undefined;
  const titles = failures.map(({ title, hookOf }) =>
    hookOf === undefined ? `${escaped(title)}$` : escaped(beginningOf(hookOf)),
  );
  return {
    files: [...new Set(failures.map(({ file }) => file))],
    grep: `^(?:${[...new Set(titles)].join('|')})`,
  };
};

/** What the titles of all tests of a describe begin with. Those of a file without one begin with anything. */
const beginningOf = (describe: string): string => (describe === '' ? '' : `${describe} `);

const isOf =
  ({ file, title, hookOf }: TestResult) =>
  (result: TestResult): boolean =>
    result.file === file &&
    (hookOf === undefined ? result.title === title : result.title.startsWith(beginningOf(hookOf)));

/** Whether all that `failure` stands for ran the second time, and passed. */
const passedAgain = (failure: TestResult, again: RunRecord): boolean => {
  const results = again.results.filter(isOf(failure));
  return (
    again.complete &&
    results.some(({ outcome }) => outcome === 'passed') &&
    results.every(({ outcome }) => outcome !== 'failed')
  );
};

/** `again` is the record of what `selectAgain` selected. */
export const judgeSuite = (first: RunRecord, again: RunRecord = { results: [], complete: true }): SuiteVerdict => {
  const failed = failuresOf(first);
  const flaky = failed.filter((failure) => passedAgain(failure, again));
  const failedAgain = failuresOf(again);
  const failures = [
    ...failed
      .filter((failure) => !flaky.includes(failure))
      .map((failure) => failedAgain.find(isOf(failure)) ?? failure),
    ...failedAgain.filter((result) => !failed.some((failure) => isOf(failure)(result))),
  ];
  const ranAgain = new Set(again.results.map(keyOf));
  const results = [...first.results.filter((result) => !ranAgain.has(keyOf(result))), ...again.results];
  const count = (outcome: TestResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: count('passed'), skipped: count('skipped'), failures, flaky };
};

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A flaky test has passed, unless there are too many: then each has failed. */
export const totalsOf = (verdicts: readonly SuiteVerdict[]): Totals => {
  const sum = (of: (verdict: SuiteVerdict) => number): number =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const flaky = sum((verdict) => verdict.flaky.length);
  const tooMany = flaky > FLAKY_AT_MOST ? flaky : 0;
  return {
    passed: Math.max(0, sum(({ passed }) => passed) - tooMany),
    failed: sum(({ failures }) => failures.length) + tooMany,
    skipped: sum(({ skipped }) => skipped),
  };
};

/** The line that a run ends with; other programs read it. */
export const closingLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
