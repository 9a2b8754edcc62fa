import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStore } from '../../../shared/store/open-store.ts';
import { newTransfer } from '../../../shared/store/transfer.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

describe('an upload of what is there already', function () {
  this.timeout(60_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  const CONTENT = 3_000_000;
  beforeEach(async () => {
    for (let i = 0; i < 30; i++) bench.write(`d${i % 5}/f${i}`, noise(CONTENT / 30, i));
    fs.symlinkSync('f1', join(bench.dir, 'd1/link'));
    await bench.settle();
    await bench.upload();
  });

  it('sends nothing and reads no content', async () => {
    const read = (): number => Number(/^rchar: (\d+)/m.exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = read();
    const outcome = await bench.upload();
    expect(outcome).to.include({ uploaded: false, reason: 'unchanged', bytesSent: 0, size: CONTENT });
    expect(read() - before).to.be.lessThan(CONTENT / 10);
  });

  it('sends nothing without a stat cache either', async () => {
    fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true });
    expect(await bench.upload()).to.include({ reason: 'unchanged', bytesSent: 0 });
    expect(fs.readdirSync(join(bench.dir, '.tekton-cache')).length, 'a stat cache for next time').to.equal(2);
  });

  it('sends an index and no content from another workspace, where all times are others', async () => {
    const now = new Date();
    for (const name of fs.readdirSync(bench.dir, { recursive: true, encoding: 'utf8' })) {
      if (!name.startsWith('.tekton')) fs.lutimesSync(join(bench.dir, name), now, now);
    }
    fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true });
    const outcome = await bench.upload();
    expect(outcome.bytesSent).to.be.lessThan(10_000);
    expect(outcome.notes.join()).to.match(/30 files have a new mode or time in the index alone/);
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('puts the manifest under another tag, and aliases', async () => {
    const other = bench.target.replace(/cache$/, 'other');
    const outcome = await bench.upload({ aliases: ['alias'] }, other);
    expect(outcome).to.include({ uploaded: true, reason: 'pushed' });
    expect(outcome.bytesSent).to.be.lessThan(20_000);
    for (const tag of ['other', 'alias'])
      expect(await bench.manifest(bench.target.replace(/cache$/, tag))).to.deep.equal(await bench.manifest());
    expect(await bench.upload({ aliases: ['alias'] }, other)).to.include({ reason: 'unchanged', bytesSent: 0 });
    expect(await bench.upload({ aliases: ['late'] })).to.include({ uploaded: false, reason: 'unchanged' });
    expect(await bench.manifest(bench.target.replace(/cache$/, 'late'))).to.deep.equal(await bench.manifest());
  });

  it('takes the layers from the repository of a fallback', async () => {
    const other = `oci:${join(bench.base, 'elsewhere')}:cache`;
    const { store, reference } = openStore(bench.target);
    for (const statCache of [true, false]) {
      if (!statCache) fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true });
      fs.rmSync(join(bench.base, 'elsewhere'), { recursive: true, force: true });
      const transfer = newTransfer();
      const to = openStore(other, { transfer });
      await bench.upload({ store: to.store, bases: [{ store, reference }] }, other);
      expect(transfer.bytesSent, `stat cache: ${statCache}`).to.be.lessThan(50_000);
      expectSameTree(await bench.restored(other), treePicture(bench.dir));
    }
  });

  it('is pushed again when it is forced', async () => {
    expect(await bench.upload({ force: true })).to.include({ uploaded: true, reason: 'pushed' });
  });

  it('sees a change of content that left size and time as they were', async () => {
    const path = join(bench.dir, 'd0/f0');
    const { atime, mtime } = fs.statSync(path);
    fs.writeFileSync(path, Buffer.alloc(CONTENT / 30, '! '));
    fs.utimesSync(path, atime, mtime);
    expect(await bench.upload()).to.include({ reason: 'pushed' });
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('sends just what is new, and keeps the layers that there are', async () => {
    const before = await bench.manifest();
    bench.write('d1/new', 'new');
    fs.rmSync(join(bench.dir, 'd2/f2'));
    fs.rmSync(join(bench.dir, 'd3'), { recursive: true });
    const outcome = await bench.upload();
    expect(outcome.bytesSent).to.be.lessThan(20_000);
    const after = await bench.manifest();
    expect(after.content[0]?.descriptor.digest).to.equal(before.content[0]?.descriptor.digest);
    expect([before.content.length, after.content.length, after.deltas.length]).to.deep.equal([1, 3, 1]);
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('sends all again when the registry has lost a blob', async () => {
    const { content } = await bench.manifest();
    const lost = content[0]?.descriptor.digest.replace(':', '/') ?? '';
    fs.rmSync(join(bench.base, 'layout/blobs', lost));
    bench.write('d1/new', 'new');
    expect(await bench.upload()).to.include({ uploaded: true, reason: 'pushed' });
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('goes on without a stat cache that is broken', async () => {
    const [name] = fs.readdirSync(join(bench.dir, '.tekton-cache')).filter((each) => each.startsWith('record'));
    const path = join(bench.dir, '.tekton-cache', name ?? '');
    const statCache = fs.readFileSync(path);
    statCache[40] = (statCache[40] ?? 0) ^ 0xff;
    fs.writeFileSync(path, statCache);
    bench.write('d1/new', 'new');
    expect(await bench.upload()).to.include({ uploaded: true });
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('writes a mode or a time that alone is new, and nothing else of a large file', async () => {
    bench.write('large', noise(1_100_000, 99));
    await bench.settle();
    await bench.upload();
    fs.chmodSync(join(bench.dir, 'd0/f0'), 0o700);
    fs.utimesSync(join(bench.dir, 'd0/f5'), 5, 5);
    fs.chmodSync(join(bench.dir, 'large'), 0o600);
    const { notes } = await bench.upload();
    expect(notes.join()).to.match(/^1 files have a new mode or time/);
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('is empty when nothing is left', async () => {
    for (const name of fs.readdirSync(bench.dir)) fs.rmSync(join(bench.dir, name), { recursive: true });
    expect(await bench.upload()).to.include({ uploaded: false, reason: 'empty', digest: '' });
    expect((await bench.restored()).length, 'the entry is as it was').to.be.greaterThan(30);
  });
});
