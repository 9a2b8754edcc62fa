/**
 * Mocha's `spec`, and beside it every result as a line of JSON in the file of `--reporter-option results=FILE`.
 * It also stretches mocha's timeouts by TEST_PATIENCE, as they are patience like the deadlines of polls. It ends with the slowest files.
 */
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

import { patient } from '../support/patience.ts';
import { FileTimes } from './file-times.ts';
import type { ResultLine } from './results.ts';

const { Base, Spec } = Mocha.reporters;
const {
  EVENT_HOOK_BEGIN,
  EVENT_HOOK_END,
  EVENT_RUN_BEGIN,
  EVENT_RUN_END,
  EVENT_SUITE_END,
  EVENT_TEST_BEGIN,
  EVENT_TEST_END,
  EVENT_TEST_FAIL,
  EVENT_TEST_PASS,
  EVENT_TEST_PENDING,
} = Mocha.Runner.constants;

const fileOf = ({ file }: Mocha.Runnable | Mocha.Suite): string =>
  file === undefined ? '' : relative(process.cwd(), file);

/** What mocha prints for it at the end of a run. */
const failureText = (test: Mocha.Test): string => {
  const print = Base.consoleLog;
  const lines: string[] = [];
  Base.consoleLog = (...data: unknown[]) => void lines.push(format(...data));
  try {
    Base.list([test]);
  } finally {
    Base.consoleLog = print;
  }
  return lines.join('\n').trim();
};

class ResultsReporter extends Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { results } = options.reporterOptions as { readonly results: string };
    const write = (line: ResultLine): void => appendFileSync(results, `${JSON.stringify(line)}\n`);

    const stretched = new WeakSet<Mocha.Runnable>();
    const stretch = (runnable: Mocha.Runnable): void => {
      // A hook of every test begins more than once.
      if (!stretched.has(runnable)) runnable.timeout(patient(runnable.timeout()));
      stretched.add(runnable);
    };

    runner.on(EVENT_HOOK_BEGIN, stretch);
    runner.on(EVENT_TEST_BEGIN, (test) => {
      stretch(test);
      write({ event: 'begin', file: fileOf(test), title: test.fullTitle() });
    });
    const passOn = (test: Mocha.Test, outcome: 'passed' | 'skipped'): void =>
      write({ event: 'result', file: fileOf(test), title: test.fullTitle(), outcome });
    runner.on(EVENT_TEST_PASS, (test) => passOn(test, 'passed'));
    runner.on(EVENT_TEST_PENDING, (test) => passOn(test, 'skipped'));
    runner.on(EVENT_TEST_FAIL, (test) => {
      const result = { file: fileOf(test), title: test.fullTitle(), failure: failureText(test) };
      const { type }: { readonly type?: string } = test;
      const hookOf = type === 'hook' ? { hookOf: test.parent?.fullTitle() ?? '' } : {};
      write({ event: 'result', outcome: 'failed', ...result, ...hookOf });
    });
    const times = new FileTimes(performance.now());
    const spend = (what: Mocha.Runnable | Mocha.Suite): void => times.spend(fileOf(what), performance.now());
    // Global fixtures and hooks of all files are no file's.
    runner.once(EVENT_RUN_BEGIN, () => times.spend('', performance.now()));
    runner.on(EVENT_HOOK_END, spend);
    runner.on(EVENT_TEST_END, spend);
    runner.on(EVENT_SUITE_END, spend);

    runner.once(EVENT_RUN_END, () => {
      Base.consoleLog(times.slowest());
      write({ event: 'end' });
    });
  }
}

// Mocha loads a reporter with `require`.
export { ResultsReporter as 'module.exports' };
