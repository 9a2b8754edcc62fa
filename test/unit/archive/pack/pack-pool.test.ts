import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { PackPool } from '../../../../shared/archive/pack/pack-pool.ts';

describe('a pool that packs', () => {
  it('fails what was given to a thread that has ended by itself, and what comes after it', async () => {
    const settings = { root: { dir: '/', links: new Map() }, compression: 'zstd' } as const;
    const pool = new PackPool(
      settings,
      () => new Worker("require('worker_threads').parentPort.once('message', () => process.exit(7))", { eval: true }),
    );
    pool.useThreads();
    for (const when of ['given before', 'given after']) {
      const error: unknown = await pool.digest(0, ['nothing']).catch((reason: unknown) => reason);
      expect(error, when).to.be.an('error').with.property('message').that.includes('has ended with 7');
    }
    await pool.close();
  });
});
