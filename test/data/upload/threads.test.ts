import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';
import { newUploadBench, type UploadBench } from '../../support/entry/upload-bench.ts';

const MIB = 1024 * 1024;

describe('the threads of an upload', () => {
  let bench: UploadBench;
  const threads: Worker[] = [];
  const started = (thread: Worker): void => void threads.push(thread);

  beforeEach(() => {
    bench = newUploadBench();
    threads.length = 0;
    process.on('worker', started);
  });
  afterEach(() => {
    process.off('worker', started);
    bench.remove();
  });

  it('are not started for what fits into one frame', async () => {
    bench.write('small', Buffer.alloc(15 * MIB));
    bench.write('smaller', Buffer.alloc(MIB / 2));
    expect(await bench.upload()).to.include({ reason: 'pushed' });
    expect(threads).to.be.empty;
  });

  it('have ended, with the memory of their frames, before the index is made', async () => {
    bench.write('large', Buffer.alloc(20 * MIB));
    const { store } = openStore(bench.target);
    let running: number | undefined;
    const putManifest: Store['putManifest'] = (...args) => {
      // An ended thread has no number.
      running = threads.filter(({ threadId }) => threadId !== -1).length;
      return store.putManifest(...args);
    };
    const counting = new Proxy(store, {
      get: (target, name) => {
        const value: unknown = name === 'putManifest' ? putManifest : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect(await bench.upload({ store: counting })).to.include({ reason: 'pushed' });
    expect(threads).to.not.be.empty;
    expect(running).to.equal(0);
  });
});
