import { mock } from 'node:test';

import { expect } from 'chai';

import { WorkQueue } from '../../../../../controller/kube/work/work-queue.ts';

describe('WorkQueue', () => {
  const queues: WorkQueue[] = [];
  const queue = (options = {}) => {
    const made = new WorkQueue(options);
    queues.push(made);
    return made;
  };
  afterEach(() => {
    queues.splice(0).forEach((made) => made.shutDown());
    mock.timers.reset();
  });

  it('hands out a key once, however often it was added', async () => {
    const work = queue();
    work.add('a');
    work.add('a');
    work.add('b');
    expect([await work.get(), await work.get(), work.length]).to.deep.equal(['a', 'b', 0]);
  });

  it('gives a waiting worker the next key', async () => {
    const work = queue();
    const taken = work.get();
    work.add('a');
    expect(await taken).to.equal('a');
  });

  it('never hands out a key that is worked on, and hands it out again afterwards', async () => {
    const work = queue();
    work.add('a');
    await work.get();
    work.add('a');
    work.add('a');
    expect(work.length).to.equal(0);
    work.done('a');
    expect([await work.get(), work.length]).to.deep.equal(['a', 0]);
    work.done('a');
    expect(work.length).to.equal(0);
  });

  it('lets the shortest of several waits for a key count', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    const work = queue();
    work.addAfter('a', 60_000);
    work.addAfter('a', 5);
    work.addAfter('a', 60_000);
    mock.timers.tick(5);
    expect([await work.get(), work.length]).to.deep.equal(['a', 0]);
    work.done('a');
    mock.timers.tick(120_000);
    expect(work.length).to.equal(0);
  });

  it('waits for longer than a timer can', async () => {
    const work = queue();
    work.addAfter('a', 720 * 3600 * 1000);
    work.addAfter('b', 20);
    expect(await work.get()).to.equal('b');
    expect(work.length).to.equal(0);
  });

  it('waits twice as long after each failure, until the key is forgotten', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    const work = queue({ firstMs: 20, maxMs: 70 });
    /** In milliseconds of a clock that only this moves on. */
    const waitOf = async (atLeastMs?: number): Promise<number> => {
      const start = Date.now();
      work.addRateLimited('a', atLeastMs);
      while (work.length === 0) mock.timers.tick(1);
      work.done((await work.get()) ?? '');
      return Date.now() - start;
    };
    // Each is shortened by up to a fifth.
    for (const longest of [20, 40, 70, 70]) expect(await waitOf()).to.be.within((longest * 4) / 5, longest);
    work.forget('a');
    expect(await waitOf()).to.be.within(16, 20);
    expect(await waitOf(150)).to.equal(150);
  });

  it('lets waiting workers go when it is shut down, and takes nothing more', async () => {
    const work = queue();
    const waiting = work.get();
    work.addAfter('later', 5);
    work.shutDown();
    work.add('a');
    expect([await waiting, await work.get()]).to.deep.equal([undefined, undefined]);
  });
});
