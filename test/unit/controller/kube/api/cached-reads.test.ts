import { expect } from 'chai';

import { CachedReads } from '../../../../../controller/kube/api/cached-reads.ts';

describe('CachedReads', () => {
  let now: number;
  let asked: string[];
  let reads: CachedReads<string>;
  beforeEach(() => {
    now = 0;
    asked = [];
    reads = new CachedReads({ ttlMs: 100, max: 2, now: () => now });
  });
  const get = async (key: string, answer: () => string | undefined = () => `of ${key}`) =>
    await reads.get(key, async () => {
      asked.push(key);
      return answer();
    });

  it('asks once for what many want at the same time, and soon after', async () => {
    expect(await Promise.all([get('a'), get('a'), get('b')])).to.deep.equal(['of a', 'of a', 'of b']);
    expect(await get('a')).to.equal('of a');
    expect(asked).to.deep.equal(['a', 'b']);
    now = 100;
    await get('a');
    expect(asked).to.deep.equal(['a', 'b', 'a']);
  });

  it('keeps neither a failure nor that there is nothing', async () => {
    const fail = (): string => {
      throw new Error('away');
    };
    const failed = await get('a', fail).catch((error: unknown) => error);
    expect(failed).to.be.an.instanceof(Error);
    expect(await get('a', () => undefined)).to.equal(undefined);
    expect(await get('a')).to.equal('of a');
    expect(asked).to.have.length(3);
  });

  it('keeps no more than it may: the oldest goes', async () => {
    for (const key of ['a', 'b', 'c', 'b', 'a']) await get(key);
    expect(asked).to.deep.equal(['a', 'b', 'c', 'a']);
  });
});
