import { expect } from 'chai';

import { settledWithin } from '../../../../../controller/kube/pace/settled-within.ts';

describe('settledWithin', () => {
  it('waits for all, whatever each came to, and for none longer than it was told', async () => {
    const never = new Promise<void>(() => undefined);
    expect(await settledWithin(60_000, [Promise.resolve(), Promise.reject(new Error('stopped'))])).to.equal(true);
    expect(await settledWithin(1, [Promise.resolve(), never])).to.equal(false);
  });
});
