import { parseArgs } from 'node:util';

import type { SuiteVerdict } from './judge.ts';
import type { Suite } from './suites.ts';
import { SUITES } from './suites.ts';

export const USAGE = `npm run test:repeat -- SUITE N [--load]

  SUITE   ${SUITES.map(({ name }) => name).join(', ')}, or a file of one
  N       how many times
  --load  with every core kept busy, and with TEST_PATIENCE=3 unless it is set`;

export interface Repetition {
  readonly suite: Suite;
  readonly times: number;
  readonly load: boolean;
}

/** What the command line asks for; nothing when it is wrong. */
export const readRepetition = (args: readonly string[]): Repetition | undefined => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { load: { type: 'boolean', default: false } },
  });
  const [what = '', number = '', ...more] = positionals;
  const suite = suiteOf(what);
  const times = Number(number);
  if (!suite || !Number.isInteger(times) || times < 1 || more.length > 0) return undefined;
  return { suite, times, load: values.load };
};

const suiteOf = (what: string): Suite | undefined => {
  const [, folder = '', file] = /^(?:\.\/)?test\/(\w+)\/(.+\.test\.ts)$/.exec(what) ?? [undefined, what];
  const suite = SUITES.find(({ name }) => name === folder);
  return suite && file !== undefined && 'files' in suite ? { ...suite, files: [what] } : suite;
};

export interface Turn {
  readonly seconds: number;
  readonly verdict: SuiteVerdict;
}

/** One row a run, and what failed in it. */
export const tableOf = (turns: readonly Turn[]): string => {
  const rows = turns.map(({ seconds, verdict: { passed, failures, skipped } }, index) =>
    [index + 1, seconds, passed, failures.length, skipped, failures.map(({ title }) => title).join('; ')].join(' | '),
  );
  return ['run | seconds | passed | failed | skipped | what failed', '--- | --- | --- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |\n`)
    .join('');
};
