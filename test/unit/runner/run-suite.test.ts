import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runSuiteProcess, withEnding } from '../../runner/mocha-process.ts';
import { readResults } from '../../runner/results.ts';
import { runSuite } from '../../runner/run-suite.ts';
import type { MochaSuite } from '../../runner/suites.ts';

/** A suite of one file; `once` is false the first time that the file is loaded. */
const HEAD = `import { existsSync, writeFileSync } from 'node:fs';
const mark = import.meta.filename + '.mark';
const again = existsSync(mark);
writeFileSync(mark, '');
`;

describe('a suite', () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'suite-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const suiteOf = (text: string, again = true): MochaSuite => {
    const file = join(directory, 'one.test.mjs');
    writeFileSync(file, HEAD + text);
    return { name: 'one', files: [file], timeout: 5_000, again };
  };

  const FLAKY = `describe('a', () => {
    it('is (not) steady', () => { if (!again) throw new Error('the first time'); });
    it('passes', () => { if (again) throw new Error('ran twice'); });
  });`;

  it('runs what failed once more, and nothing else, in a process of its own', async () => {
    let output = '';
    const verdict = await runSuite(suiteOf(FLAKY), (text) => (output += text));
    expect(verdict).to.deep.include({ passed: 2, skipped: 0, failures: [] });
    expect(verdict.flaky.map(({ title }) => title)).to.deep.equal(['a is (not) steady']);
    expect(output).to.match(/^flaky: a is \(not\) steady\n(.*\n)*?.*Error: the first time/m);
  });

  it('has failed at once where there is no second chance', async () => {
    const verdict = await runSuite(suiteOf(FLAKY, false), () => undefined);
    expect(verdict.flaky).to.deep.equal([]);
    expect(verdict.failures.map(({ title }) => title)).to.deep.equal(['a is (not) steady']);
  });

  it('says in which test its process ended', async () => {
    const { results } = await runSuiteProcess(
      suiteOf("it('passes', () => undefined);\nit('crashes', () => process.exit(0));"),
      () => undefined,
    );
    expect(results.map(({ title, outcome }) => `${outcome} ${title}`)).to.deep.equal([
      'passed passes',
      'failed one ended with 0, in: crashes',
    ]);
  });

  it('ends although a test that failed has left a server open', async () => {
    const text = `import { createServer } from 'node:net';
      it('fails', (done) => void createServer().listen(0, () => done(new Error('with a server'))));`;
    const { results, complete } = await runSuiteProcess(suiteOf(text), () => undefined);
    expect([complete, results.map(({ outcome }) => outcome)]).to.deep.equal([true, ['failed']]);
  });

  it('has failed when it ran no test, or ended badly without one that failed', () => {
    const passed = { file: 'f', title: 't', outcome: 'passed' } as const;
    const outcomes = (record: ReturnType<typeof withEnding>) => record.results.map(({ outcome }) => outcome);
    expect(outcomes(withEnding('s', { results: [], complete: true }, 0))).to.deep.equal(['failed']);
    expect(outcomes(withEnding('s', { results: [passed], complete: true }, 7))).to.deep.equal(['passed', 'failed']);
    expect(outcomes(withEnding('s', { results: [passed], complete: false }, 'SIGKILL'))).to.include('failed');
    expect(outcomes(withEnding('s', { results: [passed], complete: true }, 0))).to.deep.equal(['passed']);
  });

  it('reads the results of a process that was killed in the middle of a line', () => {
    const begin = JSON.stringify({ event: 'begin', file: 'f', title: 't' });
    expect(readResults(`${begin}\n{"event":"res`)).to.deep.equal({ results: [], complete: false, inside: 't' });
  });
});
