import { expect } from 'chai';

import { withEntries } from '../../runner/flaky-record.ts';

describe('the record of flaky tests', () => {
  const flaky = (title: string) => ({ file: 'f', title, outcome: 'failed', failure: 'why' }) as const;

  it('has when, where and why, the newest last', () => {
    const first = withEntries([], 'wire', [flaky('a')], new Date(0));
    expect(first).to.deep.equal([
      { time: '1970-01-01T00:00:00.000Z', suite: 'wire', file: 'f', title: 'a', failure: 'why' },
    ]);
    expect(withEntries(first, 'data', [flaky('b')], new Date(1)).map(({ title }) => title)).to.deep.equal(['a', 'b']);
  });

  it('forgets the oldest in the end', () => {
    let entries = withEntries([], 'wire', [flaky('oldest')], new Date(0));
    for (let number = 0; number < 200; number++) entries = withEntries(entries, 'wire', [flaky('a')], new Date(0));
    expect(entries).to.have.length(200);
    expect(entries[0]?.title).to.equal('a');
  });
});
