import { expect } from 'chai';

import { WriteBudget } from '../../../../../controller/cache-run/status/write-budget.ts';

describe('the budget of status writes', () => {
  it('is three at once, then one in half a minute, for each attempt', () => {
    let now = 0;
    const budget = new WriteBudget({ now: () => now });
    for (let write = 0; write < 3; write += 1) {
      expect(budget.waitMs('u')).to.equal(0);
      budget.spend('u');
    }
    expect([budget.waitMs('u'), budget.waitMs('another')]).to.deep.equal([30_000, 0]);
    now = 30_000;
    expect(budget.waitMs('u')).to.equal(0);
    budget.spend('u');
    expect(budget.waitMs('u')).to.equal(30_000);
    budget.forget('u');
    expect(budget.waitMs('u')).to.equal(0);
  });
});
