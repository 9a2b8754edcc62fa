import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';

import { startLoad } from '../../runner/load.ts';

describe('the load of test:repeat', () => {
  it('ends when it is told to, also what has ended before', async () => {
    const stop = startLoad(1);
    await stop();
    expect(await Promise.race([stop().then(() => 'ended'), pause(10_000, 'hangs', { ref: false })])).to.equal('ended');
  });
});
