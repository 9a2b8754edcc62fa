import { expect } from 'chai';

import { readTimedLog } from '../../../support/samples/timed-log.ts';

describe('the log of a build', () => {
  it('has lines without their times, and the time from the first to the last', () => {
    const log = '2026-01-01T00:00:01.5Z a b\n2026-01-01T00:00:02Z \n2026-01-01T00:00:04Z c\n';
    expect(readTimedLog(log)).to.deep.equal({ lines: ['a b', '', 'c'], seconds: 2.5 });
  });

  it('may be empty', () => {
    expect(readTimedLog('')).to.deep.equal({ lines: [], seconds: 0 });
  });
});
