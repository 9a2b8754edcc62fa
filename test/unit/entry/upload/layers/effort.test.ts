import { expect } from 'chai';
import { EFFORTS, LEAST_EFFORT } from '../../../../../shared/archive/pack/compress.ts';
import { nextEffort } from '../../../../../shared/entry/upload/layers/effort.ts';

const MOST = EFFORTS.length - 1;

/** The effort after frames on a wire that takes a frame each `sent` ms, where packing takes `quick` ms with the least effort. */
function settled(quick: number, sent: number, from = LEAST_EFFORT): number {
  let effort = from;
  for (let frame = 0; frame < 20; frame++) {
    const packed = quick * (EFFORTS[effort]?.cost ?? Number.NaN);
    effort = nextEffort(effort, { packed, waited: Math.max(0, sent - packed) });
  }
  return effort;
}

describe('how hard frames are compressed', () => {
  it('is the least where the wire waits for frames, whatever it was before', () => {
    for (const from of EFFORTS.keys()) expect(settled(100, 50, from), String(from)).to.equal(LEAST_EFFORT);
  });

  it('is the most where the wire is slower than any packing', () => {
    expect(settled(100, 1000)).to.equal(MOST);
  });

  it('makes no frame later than the wire would take it', () => {
    for (let sent = 100; sent <= 500; sent += 10) {
      const effort = settled(100, sent);
      expect(100 * (EFFORTS[effort]?.cost ?? 0), `${sent} ms`).to.be.at.most(sent);
    }
  });

  it('goes one step at a time, and never past the ends', () => {
    expect(nextEffort(LEAST_EFFORT, { packed: 10, waited: 1000 })).to.equal(LEAST_EFFORT + 1);
    expect(nextEffort(MOST, { packed: 10, waited: 0 })).to.equal(MOST - 1);
    expect(nextEffort(MOST, { packed: 10, waited: 1000 })).to.equal(MOST);
    expect(nextEffort(LEAST_EFFORT, { packed: 10, waited: 0 })).to.equal(LEAST_EFFORT);
  });

  it('stays where a harder frame would not have been ready in the time that was waited', () => {
    const cost = EFFORTS[1].cost;
    expect(nextEffort(LEAST_EFFORT, { packed: 10, waited: 10 * (cost - 1) - 1 })).to.equal(LEAST_EFFORT);
    expect(nextEffort(LEAST_EFFORT, { packed: 10, waited: 10 * (cost - 1) + 1 })).to.equal(1);
  });
});
