/**
 * Runs the suites one after another and ends with a line `N passed, N failed`.
 *
 *   node test/run.ts [SUITE ...]        all of them by default
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

interface Suite {
  readonly name: string;
  readonly command: readonly string[];
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const mocha = (name: string, ...options: string[]): Suite => ({
  name,
  command: ['mocha', ...options, `test/${name}/**/*.test.ts`],
});

/** Installs the tools that these suites run. */
const PREREQUISITES = './test/support/prerequisites/fixture.ts';

const SUITES: readonly Suite[] = [
  { name: 'check', command: ['npm', 'run', '--silent', 'check'] },
  mocha('unit', '--timeout', '20000'),
  mocha('wire', '--require', PREREQUISITES, '--timeout', '60000'),
  mocha('data', '--require', PREREQUISITES, '--timeout', '300000'),
  { name: 'cluster', command: ['npm', 'run', '--silent', 'test:cluster'] },
];

/** What mocha says at its end; a suite that says nothing counts as one test by its exit code. */
function tally(output: string, exitCode: number): Tally {
  const count = (word: string) =>
    [...output.matchAll(new RegExp(`^\\s+(\\d+) ${word}`, 'gm'))].reduce((sum, match) => sum + Number(match[1]), 0);
  const result = { passed: count('passing'), failed: count('failing'), skipped: count('pending') };
  if (result.passed + result.failed === 0)
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  if (exitCode !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

async function run(suite: Suite): Promise<Tally> {
  const [program = '', ...args] = suite.command;
  const started = Date.now();
  process.stdout.write(`\n== ${suite.name}\n`);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const result = tally(output, exitCode);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  process.stdout.write(`-- ${suite.name}: ${result.passed} passed, ${result.failed} failed in ${seconds} s\n`);
  return result;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no suite ${unknown.join(', ')}: there are ${SUITES.map((suite) => suite.name).join(', ')}\n`);
  process.exit(2);
}
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const suite of SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const { passed, failed, skipped } = await run(suite);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
