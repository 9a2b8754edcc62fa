import { expect } from 'chai';
import { planCompaction } from '../../../../../shared/entry/upload/base/compaction.ts';
import type { ContentLayer } from '../../../../../shared/entry/manifest/manifest.ts';

const MIB = 1024 * 1024;

describe('a plan of compaction', () => {
  const plan = (content: readonly ContentLayer[]): string | number[] => {
    const found = planCompaction({ content });
    return typeof found === 'string' ? found : [...found].toSorted((a, b) => a - b);
  };

  it('is nothing below the thresholds', () => {
    expect(plan([layer(0, 10, 6), layer(1, 10, 5)])).to.equal('nothing');
    expect(plan([layer(0, 0.9, 0)]), 'too little to be worth it').to.equal('nothing');
    expect(plan([])).to.equal('nothing');
  });

  it('is the layers that are dead the most, until a quarter of the rest is dead at most', () => {
    const content = [layer(0, 100, 90), layer(1, 100, 5), layer(2, 50, 40), layer(3, 100, 1), layer(4, 10, 3)];
    expect(plan(content)).to.deep.equal([1, 3]);
    expect(plan(content.map((each) => ({ ...each, id: each.id + 7 })))).to.deep.equal([8, 10]);
  });

  it('is not the layers that go by themselves', () => {
    expect(plan([layer(0, 100, 0), layer(1, 10, 9), layer(2, 90, 20)])).to.deep.equal([2]);
  });

  it('is everything when nothing would stay', () => {
    expect(plan([layer(0, 100, 40), layer(1, 100, 30)])).to.equal('everything');
  });

  it('is the smallest of too many layers', () => {
    const content = Array.from({ length: 81 }, (_, id) => layer(id, id < 20 ? 16 : 1 + id / 100, 1 + id / 100));
    const many = content.map((each) => ({ ...each, tarSize: each.live + 512 }));
    expect(plan(many)).to.deep.equal(Array.from({ length: 33 }, (_, id) => id));
    expect(plan(many.slice(0, 80))).to.equal('nothing');
  });

  it('is everything when too many layers hide something', () => {
    const content = Array.from({ length: 81 }, (_, id) => ({ ...layer(id, 1, 1), live: id % 3 === 0 ? MIB : 0 }));
    expect(plan(content)).to.equal('everything');
  });
});

function layer(id: number, tarMib: number, liveMib: number): ContentLayer {
  const descriptor = { mediaType: '', digest: '', size: 0 };
  return { id, descriptor, tarSize: tarMib * MIB, live: liveMib * MIB, hides: false };
}
