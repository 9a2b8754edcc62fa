import { expect } from 'chai';

import { patienceOf } from '../../support/patience.ts';

describe('TEST_PATIENCE', () => {
  it('is a factor above 0, and 1 when nobody says', () => {
    expect([patienceOf(), patienceOf('3'), patienceOf('0.5')]).to.deep.equal([1, 3, 0.5]);
    for (const wrong of ['', '0', '-1', 'much', 'Infinity']) expect(() => patienceOf(wrong), wrong).to.throw('above 0');
  });
});
