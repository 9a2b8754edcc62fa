import { expect } from 'chai';

import { startDeadline } from '../../../shared/helper/deadline.ts';
import type { Deadline } from '../../../shared/helper/deadline.ts';
import { until } from '../../support/deadline.ts';

describe('the deadline of a request', () => {
  let deadline: Deadline;
  afterEach(() => deadline.clear());

  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const end = async (): Promise<void> => {
    await until('the time to be up', 10_000, () => Promise.resolve(deadline.signal.aborted), 1);
  };

  it('stands still while it is held, and ends when the rest of its time has passed', async () => {
    const others = timers();
    deadline = startDeadline(50);
    deadline.hold();
    expect(timers()).to.equal(others);
    expect(deadline.signal.aborted).to.equal(false);
    deadline.goOn();
    await end();
    expect(deadline.signal.reason).to.include({ code: 'Deadline' });
  });

  it('is over for ever when it is cleared: what was held may let go later', () => {
    const others = timers();
    deadline = startDeadline(60_000);
    deadline.hold();
    deadline.clear();
    deadline.goOn();
    expect(timers()).to.equal(others);
  });

  it('is none where there is no time', () => {
    const others = timers();
    for (const maxTimeMs of [0, 2 ** 31]) {
      deadline = startDeadline(maxTimeMs);
      deadline.hold();
      deadline.goOn();
      expect(timers(), String(maxTimeMs)).to.equal(others);
    }
  });
});
