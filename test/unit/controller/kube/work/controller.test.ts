import { expect } from 'chai';

import { ApiError } from '../../../../../controller/kube/api/api-error.ts';
import { Controller } from '../../../../../controller/kube/work/controller.ts';
import type { ReconcileResult } from '../../../../../controller/kube/work/controller.ts';
import { Metrics } from '../../../../../controller/metrics/metrics.ts';
import { WorkQueue } from '../../../../../controller/kube/work/work-queue.ts';
import { createLog } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';

describe('Controller', () => {
  let controller: Controller | undefined;
  let metrics: Metrics;
  beforeEach(() => (metrics = new Metrics()));
  afterEach(async () => await controller?.stop());

  const source = (synced: Promise<void>) => ({
    start: () => undefined,
    stop: async () => undefined,
    synced: async () => await synced,
    hasSynced: false,
    name: 'pods',
    trouble: undefined,
  });

  function run(
    reconcile: (key: string) => Promise<ReconcileResult>,
    { synced = Promise.resolve(), workers = 2 }: { readonly synced?: Promise<void>; readonly workers?: number } = {},
  ) {
    const queue = new WorkQueue({ firstMs: 10, maxMs: 50 });
    controller = new Controller({
      name: 'test',
      sources: [source(synced)],
      queue,
      reconciler: { reconcile },
      workers,
      metrics,
      log: createLog({ silent: true }),
    });
    const started = controller.start();
    return { queue, started };
  }

  it('works on nothing before every informer has synced', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const { queue, started } = run(async (key) => (seen.push(key), {}), { synced: promise });
    queue.add('a');
    await new Promise(setImmediate);
    expect(seen).to.deep.equal([]);
    resolve();
    await started;
    await until('the key', 5000, async () => seen.length === 1);
  });

  it('tries again what failed, and looks again when asked to', async () => {
    const seen: string[] = [];
    const { queue } = run(async (key) => {
      seen.push(key);
      if (seen.length === 1) throw new ApiError({ request: 'GET /', status: 500, reason: '', detail: 'out of order' });
      return seen.length === 2 ? { requeueAfterMs: 1 } : {};
    });
    queue.add('a');
    await until('three looks', 5000, async () => seen.length === 3);
    expect(metrics.text()).to.include('tekton_cache_reconcile_errors_total{controller="test"} 1\n');
  });

  it('tells how many keys wait, and takes a conflict for no error', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { queue, started } = run(async (key) => {
      await promise;
      if (key === 'a') throw new ApiError({ request: 'PATCH /', status: 409, reason: 'Conflict', detail: 'changed' });
      return {};
    });
    await started;
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await until('two at work', 5000, async () => queue.length === 1);
    expect(metrics.text()).to.include('tekton_cache_queue_depth{controller="test"} 1\n');
    resolve();
    await until('the end', 5000, async () => queue.length === 0);
    expect(metrics.text()).not.to.include('errors_total{');
  });

  it('works on different keys at the same time and never twice on one', async () => {
    const active = new Map<string, number>();
    let most = 0;
    let runs = 0;
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { queue } = run(
      async (key) => {
        runs += 1;
        active.set(key, (active.get(key) ?? 0) + 1);
        most = Math.max(most, ...active.values());
        await go;
        active.set(key, (active.get(key) ?? 0) - 1);
        return {};
      },
      { workers: 3 },
    );
    for (const key of ['a', 'b']) queue.add(key);
    await until('both at once', 5000, async () => active.size === 2);
    // A worker is free, and has to leave the key to the one that works on it.
    queue.add('a');
    await new Promise(setImmediate);
    resolve();
    await until('the second look', 5000, async () => runs === 3);
    expect(most).to.equal(1);
  });

  it('ends the work at hand before it stops', async () => {
    const order: string[] = [];
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { queue, started } = run(async () => {
      order.push('began');
      await go;
      order.push('ended');
      return {};
    });
    await started;
    queue.add('a');
    await until('a start', 5000, async () => order.length === 1);
    const stopped = controller?.stop().then(() => order.push('stopped'));
    await new Promise(setImmediate);
    resolve();
    await stopped;
    expect(order).to.deep.equal(['began', 'ended', 'stopped']);
  });
});
