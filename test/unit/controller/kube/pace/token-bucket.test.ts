import { expect } from 'chai';

import { TokenBucket } from '../../../../../controller/kube/pace/token-bucket.ts';

describe('TokenBucket', () => {
  it('gives its burst at once, then one after the other, and fills up again', () => {
    let now = 0;
    const bucket = new TokenBucket({ perSecond: 10, burst: 3, now: () => now });
    const waits = (count: number) => Array.from({ length: count }, () => Math.round(bucket.take()));
    expect(waits(5)).to.deep.equal([0, 0, 0, 100, 200]);
    now = 250;
    expect(waits(1)).to.deep.equal([50]);
    now = 60_000;
    expect(waits(4)).to.deep.equal([0, 0, 0, 100]);
  });
});
