import { expect } from 'chai';
import { firstPremise, nextPremise } from '../../../../../shared/entry/upload/base/premise.ts';
import type { Again, Premise } from '../../../../../shared/entry/upload/base/premise.ts';

describe('what an upload starts from', () => {
  const layers = new Set([3]);
  const MOVE: Again = { kind: 'moving', layers };

  /** The ways that are tried one after another, each of which ends the same. */
  const ways = (from: Premise, end: Again): string[] => {
    const tried: string[] = [];
    for (let premise: Premise | undefined = from; premise !== undefined; premise = nextPremise(premise, end)) {
      tried.push(premise.anew ? 'anew' : premise.moving.size > 0 ? 'moving' : 'base');
      expect(tried.length, 'it ends').to.be.lessThan(10);
    }
    return tried;
  };

  it('is the base, then the base without some layers, then nothing', () => {
    expect(ways(firstPremise(false), MOVE)).to.deep.equal(['base', 'moving', 'anew']);
  });

  it('is nothing at once where the base is of no use', () => {
    expect(ways(firstPremise(false), { kind: 'anew' })).to.deep.equal(['base', 'anew']);
    expect(ways(firstPremise(true), { kind: 'anew' })).to.deep.equal(['anew']);
  });

  it('is nothing a few times more where the registry keeps what is broken under new digests', () => {
    expect(ways(firstPremise(true), { kind: 'anew', repair: true })).to.deep.equal(['anew', 'anew', 'anew']);
  });
});
