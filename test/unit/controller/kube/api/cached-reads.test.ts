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

  describe('that renew what is asked for', () => {
    let answers: (() => Promise<string | undefined>)[];
    beforeEach(() => {
      answers = [];
      // In the middle between half of its time and nine tenths.
      reads = new CachedReads({ ttlMs: 100, max: 2, isRenewed: true, now: () => now, random: () => 0.5 });
    });
    const next = async () =>
      await reads.get('a', async () => {
        asked.push('a');
        return await (answers.shift() ?? fail)();
      });
    const give = (value: string | undefined) => async () => await Promise.resolve(value);
    const fail = async (): Promise<undefined> => await Promise.reject(new Error('away'));
    /** Lets the renewal, which nobody waits for, come to its end. */
    const settle = async () => await new Promise((resolve) => setImmediate(resolve));

    it('let nobody wait for that, and ask once', async () => {
      const { promise, resolve } = Promise.withResolvers<string>();
      answers.push(give('old'), async () => await promise);
      await next();
      now = 69;
      await next();
      expect(asked).to.have.length(1);
      now = 70;
      expect(await Promise.all([next(), next()])).to.deep.equal(['old', 'old']);
      expect(asked).to.have.length(2);
      resolve('new');
      await settle();
      expect(await next()).to.equal('new');
      now = 169;
      expect(await next(), 'its time began when it was asked for').to.equal('new');
    });

    it('take back what is gone', async () => {
      answers.push(give('old'), give(undefined), give('again'));
      await next();
      now = 70;
      await next();
      await settle();
      expect(await next()).to.equal('again');
    });

    it('give no answer for longer than its time, whatever the renewal comes to', async () => {
      answers.push(give('old'), fail, async () => await new Promise(() => undefined), give('new'));
      await next();
      now = 70;
      expect(await next()).to.equal('old');
      await settle();
      now = 99;
      expect(await next(), 'a failed renewal is tried again').to.equal('old');
      expect(asked).to.have.length(3);
      now = 100;
      expect(await next()).to.equal('new');
    });

    it('ask at different times for what came together', async () => {
      const parts = [0, 1];
      reads = new CachedReads({
        ttlMs: 100,
        max: 2,
        isRenewed: true,
        now: () => now,
        random: () => parts.shift() ?? 0,
      });
      await Promise.all([get('a'), get('b')]);
      now = 89;
      await Promise.all([get('a'), get('b')]);
      expect(asked).to.deep.equal(['a', 'b', 'a']);
    });
  });
});
