/**
 * Runs the suites and ends with a line `N passed, N failed`.
 *
 *   node test/runner/main.ts [SUITE ...]        all of them by default
 */
import { keepFlaky } from './flaky-record.ts';
import { closingLine, FLAKY_AT_MOST, totalsOf } from './judge.ts';
import type { SuiteVerdict } from './judge.ts';
import { runInLanes } from './lanes.ts';
import { runSuite } from './run-suite.ts';
import { inOrder, LANES, SUITES } from './suites.ts';
import { Turns } from './turns.ts';

const print = (text: string): void => void process.stdout.write(text);

const run = async (wanted: ReadonlySet<string>): Promise<void> => {
  const started = performance.now();
  const verdicts: SuiteVerdict[] = [];
  // Shown in the order of the suites' list, whichever ends first.
  const turns = new Turns(
    SUITES.map(({ name }) => name).filter((name) => wanted.has(name)),
    print,
  );
  await runInLanes(inOrder(wanted), LANES, async (suite) => {
    const verdict = await runSuite(suite, turns.printerOf(suite.name));
    keepFlaky(suite.name, verdict.flaky);
    turns.end(suite.name);
    verdicts.push(verdict);
  });
  const totals = totalsOf(verdicts);
  const flaky = verdicts.flatMap((verdict) => verdict.flaky);
  print(`\nall of it in ${((performance.now() - started) / 60_000).toFixed(1)} min\n`);
  for (const { title } of verdicts.flatMap(({ failures }) => failures)) print(`failed: ${title}\n`);
  for (const { title } of flaky) print(`flaky: ${title}\n`);
  if (flaky.length > FLAKY_AT_MOST) print(`more than ${FLAKY_AT_MOST} flaky tests: each counts as failed\n`);
  print(`\n${closingLine(totals)}\n`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
};

const names = SUITES.map(({ name }) => name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no suite ${unknown.join(', ')}: there are ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  await run(new Set(asked.length === 0 ? names : asked));
}
