import { expect } from 'chai';

import { readRepetition, tableOf } from '../../runner/repetition.ts';

describe('a suite that is repeated', () => {
  it('is named with how often, and whether under load', () => {
    expect(readRepetition(['wire', '5', '--load'])).to.deep.include({ times: 5, load: true });
    expect(readRepetition(['wire', '5'])?.suite).to.deep.include({ name: 'wire', files: ['test/wire/**/*.test.ts'] });
  });

  it('may be one file, with what its suite needs', () => {
    const suite = readRepetition(['test/data/safe/safe.test.ts', '2'])?.suite;
    expect(suite).to.deep.include({ name: 'data', files: ['test/data/safe/safe.test.ts'], timeout: 300_000 });
    expect(suite).to.have.property('fixture');
  });

  it('is not guessed', () => {
    for (const wrong of [[], ['wire'], ['wire', '0'], ['wire', 'x'], ['none', '1'], ['wire', '1', '2']])
      expect(readRepetition(wrong), wrong.join(' ')).to.equal(undefined);
  });

  it('has a row for each run, with what failed in it', () => {
    const failure = { file: 'f', title: 'a test', outcome: 'failed' } as const;
    const table = tableOf([
      { seconds: 7, verdict: { passed: 3, skipped: 0, failures: [], flaky: [] } },
      { seconds: 8, verdict: { passed: 2, skipped: 0, failures: [failure], flaky: [] } },
    ]);
    expect(table.split('\n').slice(2)).to.deep.equal([
      '| 1 | 7 | 3 | 0 | 0 |  |',
      '| 2 | 8 | 2 | 1 | 0 | a test |',
      '',
    ]);
  });
});
