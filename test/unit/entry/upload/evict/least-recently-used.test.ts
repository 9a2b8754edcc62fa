import { expect } from 'chai';
import * as fc from 'fast-check';
import { leastRecentlyUsed } from '../../../../../shared/entry/upload/evict/least-recently-used.ts';

describe('the files that a cache has no room for', () => {
  const unit = (name: string, size: number, usedMs: number) => ({ name, size, usedMs });
  const names = (units: readonly { readonly name: string }[]) => units.map(({ name }) => name);

  it('are none while there is room', () => {
    expect(leastRecentlyUsed([unit('a', 5, 1), unit('b', 5, 2)], 10)).to.deep.equal([]);
  });

  it('are those used longest ago, of two alike the larger one', () => {
    const units = [unit('new', 6, 9), unit('old', 3, 1), unit('older', 1, 0), unit('large', 4, 1)];
    expect(names(leastRecentlyUsed(units, 9))).to.deep.equal(['older', 'large']);
    expect(names(leastRecentlyUsed(units, 8))).to.deep.equal(['older', 'large', 'old']);
  });

  it('are never empty ones, which make no room', () => {
    expect(names(leastRecentlyUsed([unit('empty', 0, 0), unit('a', 2, 1), unit('b', 2, 2)], 2))).to.deep.equal(['a']);
  });

  it('leave no more than the limit, and none used before one of them', () => {
    const units = fc.array(fc.record({ size: fc.nat(100), usedMs: fc.nat(20) }), { maxLength: 40 });
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 1000 }), (records, maxSize) => {
        const all = records.map((record, at) => ({ ...record, name: String(at) }));
        const gone = leastRecentlyUsed(all, maxSize);
        const kept = all.filter((one) => !gone.includes(one));
        const size = kept.reduce((sum, one) => sum + one.size, 0);
        const oldest = Math.min(...kept.filter((one) => one.size > 0).map((one) => one.usedMs));
        return size <= maxSize && gone.every((one) => one.usedMs <= oldest);
      }),
    );
  });
});
