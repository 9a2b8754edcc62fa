import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { FramePool } from '../../../../shared/archive/unpack/frame-pool.ts';

describe('a pool that sums files', () => {
  const content = Buffer.from('0123456789abcdefghij');
  const expected = createHash('sha256').update(content).digest('hex');
  let folder: string;
  let file: string;
  let pool: FramePool;

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'pool-'));
    file = join(folder, 'large');
    fs.writeFileSync(file, content);
    pool = new FramePool(2);
  });
  afterEach(async () => {
    await pool.close();
    fs.rmSync(folder, { recursive: true });
  });

  const summed = async (startAfter: number): Promise<string | undefined> => {
    let digest: string | undefined;
    for (let from = 0; from < content.length; from += 4) {
      if (from >= startAfter) pool.expect(5);
      pool.sum({ file, from, to: from + 4, last: from + 4 === content.length }, (value) => {
        digest = value;
      });
    }
    await pool.drain();
    return digest;
  };

  it('has one thread sum all of a file', async () => {
    expect(await summed(0)).to.equal(expected);
  });

  it('goes on as it began when threads come later', async () => {
    expect(await summed(8)).to.equal(expected);
  });

  it('ends when a thread has ended by itself', async () => {
    const dead = new FramePool(
      1,
      () => new Worker("require('worker_threads').parentPort.once('message', () => process.exit(7))", { eval: true }),
    );
    dead.expect(5);
    dead.sum({ file, from: 0, to: 4, last: false }, () => undefined);
    const error: unknown = await dead.drain().catch((reason: unknown) => reason);
    expect(error).to.be.an('error').with.property('message').that.includes('has ended with 7');
    await dead.close();
  });

  it('ends with what a thread failed with', async () => {
    pool.expect(5);
    pool.sum({ file: `${file}-missing`, from: 0, to: 4, last: true }, () => undefined);
    const error: unknown = await pool.drain().catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'ENOENT');
  });
});

describe('the threads that restore', () => {
  const constrainedMemory = process.constrainedMemory.bind(process);
  afterEach(() => {
    process.constrainedMemory = constrainedMemory;
  });

  const threadsIn = (mebibytes: number): number => {
    process.constrainedMemory = () => mebibytes * 1024 * 1024;
    return new FramePool().threads;
  };

  it('are the main one alone in a container of little memory', () => {
    expect(threadsIn(256)).to.equal(1);
  });

  it('are as many as there are processors, four at most, where there is more memory or no limit', () => {
    const most = Math.min(availableParallelism(), 4);
    expect([threadsIn(512), threadsIn(0), threadsIn(2 ** 40)]).to.deep.equal([most, most, most]);
  });
});
