import { basename } from 'node:path';
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

  describe('in a container of little memory', () => {
    const constrainedMemory = process.constrainedMemory.bind(process);
    afterEach(() => {
      process.constrainedMemory = constrainedMemory;
    });

    it('starts no thread, and does all work in the calling one', async () => {
      process.constrainedMemory = () => 256 * 1024 * 1024;
      const settings = { root: { dir: import.meta.dirname, links: new Map() }, compression: 'zstd' } as const;
      const pool = new PackPool(settings, () => {
        throw new Error('A thread was started.');
      });
      pool.useThreads();
      await pool.rest();
      const [read] = await pool.digest(0, [basename(import.meta.filename)]);
      expect(read).to.have.property('found', true);
      const task = { layer: 1, frame: 0, items: [], last: true, effort: 0 };
      expect((await pool.pack(1, task)).frame.tarSize).to.equal(1024);
      await pool.close();
    });
  });
});
