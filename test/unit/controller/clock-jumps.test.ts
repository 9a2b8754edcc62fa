import { mock } from 'node:test';

import { expect } from 'chai';

import { Turns } from '../../../controller/cache-run/queue/turns.ts';
import { WriteBudget } from '../../../controller/cache-run/status/write-budget.ts';
import { CachedReads } from '../../../controller/kube/api/cached-reads.ts';
import { OwnWrites } from '../../../controller/kube/informer/own-writes.ts';
import { TokenBucket } from '../../../controller/kube/pace/token-bucket.ts';
import { WorkQueue } from '../../../controller/kube/work/work-queue.ts';
import { until } from '../../support/deadline.ts';

const HOUR_MS = 3_600_000;
const DAY = Date.parse('2026-08-20T10:10:00Z');

describe('when the clock of the day is set', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: DAY }));
  afterEach(() => mock.timers.reset());

  const setBack = (): void => mock.timers.setTime(DAY - HOUR_MS);
  const setAhead = (): void => mock.timers.setTime(DAY + HOUR_MS);

  it('an answer of the API server is not kept for longer', async () => {
    const reads = new CachedReads<number>({ ttlMs: 20, max: 9 });
    let asked = 0;
    const read = async (): Promise<number> => (await reads.get('pod', () => Promise.resolve(++asked))) ?? 0;
    expect(await read()).to.equal(1);
    setBack();
    // The deadline is that of the runner: this one goes by the clock that was set.
    await until('another question', 5000, async () => (await read()) > 1, 5);
  });

  it('a key that is to be looked at soon does not wait for a look that was to come late', async () => {
    const queue = new WorkQueue();
    queue.addAfter('team/run', HOUR_MS / 2);
    setAhead();
    queue.addAfter('team/run', 5);
    try {
      await until('the key', 5000, () => Promise.resolve(queue.length === 1), 5);
    } finally {
      queue.shutDown();
    }
  });

  it('nobody waits for a write, or for the right to write, any longer', () => {
    const writes = new OwnWrites();
    const run = (resourceVersion: string) => ({ metadata: { name: 'run', uid: 'uid', resourceVersion } });
    writes.record(run('2'));
    const budget = new WriteBudget();
    for (let write = 0; write < 3; write++) budget.spend('uid');
    setBack();
    expect(writes.waitMs(run('1'))).to.be.within(1, 5000);
    expect(budget.waitMs('uid')).to.be.within(1, 30_000);
  });

  it('nobody has waited for longer, or has more to take', () => {
    const turns = new Turns({ limits: () => ({ maxPods: 1, maxPodsPerNamespace: 1 }) });
    const owner = (name: string) => ({ kind: 'CustomRun', key: `team/${name}` });
    turns.take(owner('first'));
    turns.take(owner('second'));
    const bucket = new TokenBucket({ perSecond: 0.001, burst: 1 });
    bucket.take();
    setAhead();
    expect(turns.waitedMs(owner('second'))).to.be.below(HOUR_MS);
    expect(bucket.tryTake()).to.be.above(0);
  });
});
