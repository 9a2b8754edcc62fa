import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Selection } from './judge.ts';
import type { RunRecord, TestResult } from './results.ts';
import { readResults } from './results.ts';
import type { MochaSuite, Suite } from './suites.ts';

/** Takes what a process writes, as it comes. */
export type Print = (text: string) => void;

const ROOT = join(import.meta.dirname, '..', '..');
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

/** The exit code, or the signal that ended it. */
const runProcess = async (program: string, args: readonly string[], print: Print): Promise<number | string> => {
  const env = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' };
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', print);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal ?? 'nothing';
};

/** A process that ends badly without a test that failed: a fixture, a crash, or somebody who killed it. */
const brokenProcess = (name: string, { inside }: Partial<RunRecord>, ending: number | string): TestResult => ({
  file: '',
  title: `${name} ended with ${ending}${inside === undefined ? '' : `, in: ${inside}`}`,
  outcome: 'failed',
  failure: `the process ended with ${ending}; its output is above`,
});

const mochaArguments = (suite: MochaSuite, results: string, selection: Partial<Selection>): string[] => [
  MOCHA,
  ...(suite.fixture === undefined ? [] : [`--require=${suite.fixture}`]),
  `--timeout=${suite.timeout}`,
  '--forbid-only',
  // A test that fails may leave a server or a process open, for which the suite would wait for ever.
  '--exit',
  '--reporter=./test/runner/reporter.ts',
  `--reporter-option=results=${results}`,
  ...(selection.grep === undefined ? [] : [`--grep=${selection.grep}`]),
  ...(selection.files ?? suite.files),
];

/** Runs a suite, or a part of it, in a process of its own. */
export const runSuiteProcess = async (
  suite: Suite,
  print: Print,
  selection: Partial<Selection> = {},
): Promise<RunRecord> => {
  if ('command' in suite) {
    const [program = '', ...args] = suite.command;
    const ending = await runProcess(program, args, print);
    const passed: TestResult = { file: '', title: suite.name, outcome: 'passed' };
    return { results: [ending === 0 ? passed : brokenProcess(suite.name, {}, ending)], complete: true };
  }
  const directory = mkdtempSync(join(tmpdir(), 'results-'));
  try {
    const file = join(directory, 'results.jsonl');
    const ending = await runProcess(process.execPath, mochaArguments(suite, file, selection), print);
    return withEnding(suite.name, readResults(readIfThere(file)), ending);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Nothing that went wrong is lost: a process that did not end well, or ran nothing, has failed. */
export const withEnding = (name: string, record: RunRecord, ending: number | string): RunRecord => {
  const hasFailed = record.results.some(({ outcome }) => outcome === 'failed');
  const isWell = record.complete && record.results.length > 0 && (ending === 0 || hasFailed);
  return isWell ? record : { ...record, results: [...record.results, brokenProcess(name, record, ending)] };
};
