import { expect } from 'chai';

import { WorkQueue } from '../../../../controller/kube/work-queue.ts';

describe('WorkQueue', () => {
  const queues: WorkQueue[] = [];
  const queue = (options = {}) => {
    const made = new WorkQueue(options);
    queues.push(made);
    return made;
  };
  afterEach(() => queues.splice(0).forEach((made) => made.shutDown()));

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
    const work = queue();
    work.addAfter('a', 60_000);
    work.addAfter('a', 5);
    work.addAfter('a', 60_000);
    expect(await work.get()).to.equal('a');
  });

  it('waits for longer than a timer can', async () => {
    const work = queue();
    work.addAfter('a', 720 * 3600 * 1000);
    work.addAfter('b', 20);
    expect(await work.get()).to.equal('b');
    expect(work.length).to.equal(0);
  });

  it('waits twice as long after each failure, until the key is forgotten', async () => {
    const work = queue({ firstMs: 20, maxMs: 1000 });
    const waitOf = async (atLeastMs?: number) => {
      const start = performance.now();
      work.addRateLimited('a', atLeastMs);
      const key = await work.get();
      work.done(key!);
      return performance.now() - start;
    };
    const waits = [await waitOf(), await waitOf(), await waitOf()];
    expect(waits[0]).to.be.within(15, 60);
    expect(waits[2]).to.be.within(60, 140);
    work.forget('a');
    expect(await waitOf()).to.be.within(15, 60);
    expect(await waitOf(150)).to.be.at.least(148);
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
