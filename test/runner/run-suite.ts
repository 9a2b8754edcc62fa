import { judgeSuite, selectAgain } from './judge.ts';
import type { SuiteVerdict } from './judge.ts';
import { runSuiteProcess } from './mocha-process.ts';
import type { Print } from './mocha-process.ts';
import type { Suite } from './suites.ts';

/** Runs a suite, and what failed of it once more where that is granted. A fresh process makes fresh namespaces and directories. */
export const runSuite = async (suite: Suite, print: Print): Promise<SuiteVerdict> => {
  const started = performance.now();
  print(`\n== ${suite.name}\n`);
  const first = await runSuiteProcess(suite, print);
  const selection = 'again' in suite && suite.again ? selectAgain(first) : undefined;
  if (selection) print(`\n== ${suite.name}, once more: what failed\n`);
  const verdict = judgeSuite(first, selection && (await runSuiteProcess(suite, print, selection)));
  for (const { title, failure = '' } of verdict.flaky) print(`\nflaky: ${title}\n${failure}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const flaky = verdict.flaky.length > 0 ? `, ${verdict.flaky.length} flaky` : '';
  print(`-- ${suite.name}: ${verdict.passed} passed, ${verdict.failures.length} failed${flaky} in ${seconds} s\n`);
  return verdict;
};
