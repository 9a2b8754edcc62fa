import { expect } from 'chai';
import type { FileEntry } from '../../../shared/archive/entries/tree-entry.ts';
import { OlderTimes } from '../../../shared/entry/source-times.ts';

describe('the time of a file that is restored', () => {
  const MADE_MS = 1_500_000_000_000;
  const entry: FileEntry = {
    type: 'file',
    path: 'made',
    mode: 0o644,
    mtimeSec: MADE_MS / 1000,
    mtimeNs: 0,
    layer: 0,
    frame: 0,
    offset: 0,
    size: 0,
    digest: '0'.repeat(64),
  };
  const timeBeside = (oldestMs: number): number | undefined =>
    OlderTimes.than({ oldestMs, digest: 'others' }, {})?.timeMs(entry);

  it('is that of the entry where the sources have no file, or younger ones alone', () => {
    expect(timeBeside(Infinity)).to.equal(MADE_MS);
    expect(timeBeside(MADE_MS + 3_600_000)).to.equal(MADE_MS);
  });

  it('is before that of the oldest source', () => {
    for (const oldestMs of [MADE_MS, 0, -1e9]) expect(timeBeside(oldestMs)).to.be.below(oldestMs);
  });
});
