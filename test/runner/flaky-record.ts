import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestResult } from './results.ts';

/** Evidence of tests that failed once and passed then, newest last. It stays on the machine where it happened. */
const FILE = join(import.meta.dirname, '..', '..', 'flaky.json');
/** Entries that are kept. */
const KEPT = 200;

interface FlakyEntry {
  readonly time: string;
  readonly suite: string;
  readonly file: string;
  readonly title: string;
  readonly failure: string;
}

export const withEntries = (
  old: readonly FlakyEntry[],
  suite: string,
  flaky: readonly TestResult[],
  now: Date,
): readonly FlakyEntry[] =>
  [
    ...old,
    ...flaky.map(({ file, title, failure = '' }) => ({ time: now.toISOString(), suite, file, title, failure })),
  ].slice(-KEPT);

const readEntries = (): readonly FlakyEntry[] => {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as readonly FlakyEntry[];
  } catch {
    // None yet, or half of one: its evidence is gone either way.
    return [];
  }
};

export const keepFlaky = (suite: string, flaky: readonly TestResult[]): void => {
  if (flaky.length > 0)
    writeFileSync(FILE, `${JSON.stringify(withEntries(readEntries(), suite, flaky, new Date()), null, 2)}\n`);
};
