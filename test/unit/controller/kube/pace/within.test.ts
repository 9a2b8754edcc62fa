import { getEventListeners } from 'node:events';

import { expect } from 'chai';

import { within } from '../../../../../controller/kube/pace/within.ts';

/** A call that ends when its signal does. */
const endless = async (signal: AbortSignal): Promise<never> =>
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
const messageOfFailure = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('a call within a time', () => {
  it('gives what it came to, and leaves nothing behind that goes off later', async () => {
    const outer = new AbortController();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // Mocha sets its own timer as soon as it has the promise of this test.
    await Promise.resolve();
    const before = timers();
    let own: AbortSignal | undefined;
    const call = within(20, outer.signal, async (signal) => {
      own = signal;
      return await Promise.resolve('done');
    });
    expect(await call).to.equal('done');
    expect(getEventListeners(outer.signal, 'abort')).to.deep.equal([]);
    expect(timers()).to.equal(before);
    expect(own?.aborted).to.equal(false);
  });

  it('is told when its time is over', async () => {
    expect(await messageOfFailure(within(1, undefined, endless))).to.equal('it took more than 0.001 s');
  });

  it('ends with the call around it, also where that has ended before', async () => {
    const outer = new AbortController();
    const call = within(60_000, outer.signal, endless);
    outer.abort(new Error('stop'));
    expect(await messageOfFailure(call)).to.equal('stop');
    const late = within(60_000, outer.signal, async (signal) => {
      signal.throwIfAborted();
      return await Promise.resolve();
    });
    expect(await messageOfFailure(late)).to.equal('stop');
  });
});
