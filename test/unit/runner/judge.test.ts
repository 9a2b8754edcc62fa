import { expect } from 'chai';

import { AGAIN_AT_MOST, closingLine, FLAKY_AT_MOST, judgeSuite, selectAgain, totalsOf } from '../../runner/judge.ts';
import type { RunRecord, TestResult } from '../../runner/results.ts';

const FILE = 'test/wire/a.test.ts';
const result = (title: string, outcome: TestResult['outcome'], more: Partial<TestResult> = {}): TestResult => ({
  file: FILE,
  title,
  outcome,
  ...(outcome === 'failed' ? { failure: `why ${title}` } : {}),
  ...more,
});
const passed = (title: string, more: Partial<TestResult> = {}): TestResult => result(title, 'passed', more);
const failed = (title: string, more: Partial<TestResult> = {}): TestResult => result(title, 'failed', more);
const record = (...results: TestResult[]): RunRecord => ({ results, complete: true });
const titles = (results: readonly TestResult[]): string[] => results.map(({ title }) => title);

const HOOK = failed('a b "before all" hook for "x"', { hookOf: 'a b' });

describe('what a suite runs once more', () => {
  const matches = (first: RunRecord, title: string): boolean =>
    new RegExp(selectAgain(first)?.grep ?? '^$').test(title);

  it('is nothing when nothing failed', () => {
    expect(selectAgain(record(passed('a'), result('b', 'skipped')))).to.equal(undefined);
  });

  it('is each failed test by its whole title, in the files that have them', () => {
    const first = record(failed('a b (c) [d] $1 / e'), passed('f', { file: 'other' }), failed('g', { file: 'third' }));
    expect(selectAgain(first)?.files).to.deep.equal([FILE, 'third']);
    expect(matches(first, 'a b (c) [d] $1 / e')).to.equal(true);
    expect(matches(first, 'a b (c) [d] $1 / e f')).to.equal(false);
    expect(matches(first, 'in a b (c) [d] $1 / e')).to.equal(false);
    expect(matches(first, 'f')).to.equal(false);
  });

  it('is every test that a failed hook is for, and no other', () => {
    expect(matches(record(HOOK), 'a b x')).to.equal(true);
    expect(matches(record(HOOK), 'a bc x')).to.equal(false);
  });

  it('is nothing of a process that broke, or of a suite of which much has failed', () => {
    expect(selectAgain({ ...record(failed('a')), complete: false })).to.equal(undefined);
    expect(selectAgain(record(failed('a', { file: '' })))).to.equal(undefined);
    const many = Array.from({ length: AGAIN_AT_MOST + 1 }, (_, number) => failed(String(number)));
    expect(selectAgain(record(...many))).to.equal(undefined);
    expect(selectAgain(record(...many.slice(1)))).not.to.equal(undefined);
  });
});

describe('the verdict on a suite', () => {
  it('counts a test that passed the second time as passed and as flaky, with its first failure', () => {
    const verdict = judgeSuite(record(passed('a'), failed('b')), record(passed('b')));
    expect(verdict).to.deep.equal({ passed: 2, skipped: 0, failures: [], flaky: [failed('b')] });
  });

  it('has the second failure of a test that failed twice', () => {
    const verdict = judgeSuite(record(failed('b')), record(failed('b', { failure: 'second' })));
    expect(verdict.flaky).to.deep.equal([]);
    expect(verdict.failures.map(({ failure }) => failure)).to.deep.equal(['second']);
  });

  it('has failed where nothing was run again', () => {
    expect(titles(judgeSuite(record(passed('a'), failed('b'))).failures)).to.deep.equal(['b']);
  });

  it('has failed where the second run did not reach the test, skipped it, or broke', () => {
    for (const again of [
      record(passed('a')),
      record(result('b', 'skipped')),
      { ...record(passed('b')), complete: false },
    ])
      expect(titles(judgeSuite(record(failed('b')), again).failures)).to.deep.equal(['b']);
  });

  it('tells tests of the same title in two files apart', () => {
    const verdict = judgeSuite(
      record(failed('b'), passed('b', { file: 'other' })),
      record(passed('b', { file: 'other' })),
    );
    expect(titles(verdict.failures)).to.deep.equal(['b']);
    expect(verdict.passed).to.equal(1);
  });

  it('takes a failed hook for one failure, and counts the tests that it kept from running', () => {
    const verdict = judgeSuite(record(passed('a c'), HOOK), record(passed('a b x'), passed('a b y')));
    expect(verdict).to.deep.equal({ passed: 3, skipped: 0, failures: [], flaky: [HOOK] });
    expect(titles(judgeSuite(record(HOOK), record(passed('a b x'), failed('a b y'))).failures)).to.deep.equal([
      'a b y',
    ]);
    expect(judgeSuite(record(HOOK), record(HOOK)).failures).to.deep.equal([HOOK]);
  });

  it('loses no failure that only the second run has', () => {
    const late = failed('a "after all" hook', { hookOf: 'a' });
    expect(judgeSuite(record(failed('b')), record(passed('b'), late)).failures).to.deep.equal([late]);
  });
});

describe('the totals', () => {
  const flaky = (number: number) => ({
    passed: 10,
    skipped: 1,
    failures: [],
    flaky: Array.from({ length: number }, (_, index) => failed(String(index))),
  });

  it('count flaky tests as passed while they are few in all suites together', () => {
    expect(totalsOf([flaky(FLAKY_AT_MOST - 1), flaky(1)])).to.deep.equal({ passed: 20, failed: 0, skipped: 2 });
  });

  it('count each of them as failed when there are more', () => {
    expect(totalsOf([flaky(FLAKY_AT_MOST), flaky(1)])).to.deep.equal({
      passed: 20 - FLAKY_AT_MOST - 1,
      failed: FLAKY_AT_MOST + 1,
      skipped: 2,
    });
  });

  it('are the closing line', () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).to.equal('3 passed, 0 failed');
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).to.equal('3 passed, 1 failed, 2 skipped');
  });
});
