import { expect } from 'chai';
import { excessOf, ENTRY_LIMITS } from '../../../../shared/entry/manifest/entry-limits.ts';
import type { EntrySizes } from '../../../../shared/entry/manifest/entry-limits.ts';
import type { Descriptor } from '../../../../shared/store/store.ts';

describe('what an entry may be at most', () => {
  const blob = (size: number): Descriptor => ({ mediaType: '', digest: '', size });
  const layer = (id: number, size = 10) => ({ id, descriptor: blob(size), tarSize: 10, live: 10, hides: false });
  const SMALL: EntrySizes = { files: 3, size: 1000, content: [layer(1)], index: blob(10), deltas: [] };
  const limits = { ...ENTRY_LIMITS, maxFiles: 3, maxBytes: 1000, maxBlobBytes: 1000 };

  it('is not passed by what just fits', () => {
    expect(excessOf(limits, SMALL)).to.equal(undefined);
  });

  it('is not a matter of how much it expands: its index says its sizes', () => {
    expect(excessOf({ ...limits, maxBytes: 1e12, maxExpansion: 1 }, { ...SMALL, size: 1e12 })).to.equal(undefined);
  });

  const MIB = 1024 * 1024;
  for (const [what, change, says] of [
    ['files', { files: 4 }, /4 files/],
    ['bytes of content', { size: 1001 }, /1001 bytes/],
    ['the size of a layer', { content: [layer(1), layer(2, 1001)] }, /blob of 1001/],
    ['the size of an index', { index: blob(1001) }, /blob of 1001/],
    ['the size of a delta', { deltas: [blob(1001)] }, /blob of 1001/],
    ['the number of layers', { content: Array.from({ length: 96 }, (_, id) => layer(id)) }, /97 layers/],
  ] as const) {
    it(`is a limit on ${what}`, () => {
      expect(excessOf(limits, { ...SMALL, ...change })).to.match(says);
    });
  }

  it('is a limit on all indices together', () => {
    const entry = { ...SMALL, index: blob(200 * MIB), deltas: [blob(57 * MIB)] };
    expect(excessOf(ENTRY_LIMITS, entry)).to.match(/index has/);
  });
});
