import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

const FRAME = 16 * 1024 * 1024;

describe('an upload keeps exactly', function () {
  this.timeout(60_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  const bytes = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat([Buffer.from(`${bench.dir}/`), ...parts.map((part) => Buffer.from(part as string))]);

  it('no time that cannot be fetched: where a file system keeps any number, the nearest time that an entry can have', async function () {
    // Of tmpfs, which keeps all 64 bits of the seconds.
    const kept = '/dev/shm';
    if (!fs.existsSync(kept)) this.skip();
    const dir = fs.mkdtempSync(join(kept, 'times-'));
    try {
      for (const name of ['file', 'directory/inner']) {
        fs.mkdirSync(join(dir, name, '..'), { recursive: true });
        fs.writeFileSync(join(dir, name), name);
      }
      for (const name of ['file', 'directory']) fs.utimesSync(join(dir, name), 1, 2 ** 62);
      if (fs.statSync(join(dir, 'file')).mtimeMs < 2 ** 62) this.skip();
      expect((await bench.upload({ dir })).reason).to.equal('pushed');
      const out = fs.mkdtempSync(join(kept, 'times-out-'));
      try {
        await bench.restored(bench.target, out);
        for (const name of ['file', 'directory'])
          expect(fs.statSync(join(out, name)).mtimeMs, name).to.equal(99_999_999_999_999_000);
      } finally {
        fs.rmSync(out, { recursive: true });
      }
      expect((await bench.upload({ dir })).reason).to.equal('unchanged');
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });

  for (const compression of ['zstd', 'gzip'] as const) {
    it(`names, modes, times, links and empty things of any kind, with ${compression}`, async () => {
      bench.write('a/file', 'x');
      bench.write('a.b', 'sorts after a/');
      bench.write('empty', '');
      bench.write('.wh.x', 'not a whiteout');
      bench.write('d/.wh..wh..opq', 'not one either');
      bench.write('.tekton-cache.esc.f', 'like an escape');
      bench.write('n'.repeat(255));
      bench.write('deep/'.repeat(60) + 'f');
      bench.write(`${'p'.repeat(200)}/${'q'.repeat(200)}/f`);
      bench.write('new\nline\t');
      fs.writeFileSync(bytes([0xff, 0xfe, 0x80]), 'not UTF-8');
      fs.symlinkSync(Buffer.from([0xff, 0x2f, 0x2e, 0x2e]), bytes('to-bytes'));
      fs.mkdirSync(join(bench.dir, 'nothing-in-it'), { mode: 0o1777 });
      fs.symlinkSync('/absolute/nowhere', join(bench.dir, 'absolute'));
      fs.symlinkSync('../../../out', join(bench.dir, 'a/out'));
      fs.symlinkSync('t'.repeat(300), join(bench.dir, 'long-target'));
      fs.chmodSync(join(bench.dir, 'a/file'), 0o6755);
      fs.chmodSync(join(bench.dir, 'empty'), 0);
      fs.linkSync(join(bench.dir, 'a/file'), join(bench.dir, 'z-other-name'));
      fs.linkSync(join(bench.dir, 'a/file'), join(bench.dir, 'a/earlier'));
      fs.utimesSync(join(bench.dir, 'a.b'), 1, 1.000000001);
      fs.utimesSync(join(bench.dir, 'a'), 1e9, 1_234_567_890.987654);
      const before = treePicture(bench.dir);
      expect(await bench.upload({ compression })).to.include({ uploaded: true, reason: 'pushed' });
      expectSameTree(await bench.restored(), before);
    });
  }

  it('a file over several frames, among small ones', async () => {
    const big = Buffer.alloc(2.5 * FRAME);
    for (let i = 0; i < big.length; i += 499) big[i] = (i * i) % 251;
    bench.write('a/before');
    bench.write('b', big);
    bench.write('c/after');
    bench.write('d', big.subarray(0, FRAME - 512));
    bench.write('e', big.subarray(0, FRAME));
    const outcome = await bench.upload();
    expect(outcome.size).to.equal(big.length + 2 * FRAME - 512 + 'a/before'.length + 'c/after'.length);
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('a sparse file, whose holes stay holes', async () => {
    bench.write('sparse', 'at the beginning');
    fs.truncateSync(join(bench.dir, 'sparse'), 4 * FRAME);
    fs.appendFileSync(join(bench.dir, 'sparse'), 'at the end');
    const { bytesSent } = await bench.upload();
    expect(bytesSent).to.be.lessThan(100_000);
    const into = join(bench.base, 'sparse');
    fs.mkdirSync(into);
    expectSameTree(await bench.restored(bench.target, into), treePicture(bench.dir));
    expect(fs.statSync(join(into, 'sparse')).blocks * 512).to.be.lessThan(FRAME / 16);
  });

  it('only what is chosen', async () => {
    bench.write('a/b/in');
    bench.write('a/out');
    bench.write('a/b/skip.log');
    await bench.upload({ paths: ['a/b'], exclude: ['**/*.log'] });
    const paths = (await bench.restored()).map((line) => line.split(' ')[0]);
    expect(paths).to.deep.equal(['a', 'a/b', 'a/b/in']);
  });

  it('what can be kept, and counts what cannot', async () => {
    bench.write('file');
    await new Promise<void>((resolve, reject) => {
      spawn('mkfifo', [join(bench.dir, 'pipe')]).once('exit', (code) =>
        code === 0 ? resolve() : reject(new Error('mkfifo')),
      );
    });
    const socket = createServer().listen(join(bench.dir, 'socket'));
    await once(socket, 'listening');
    const { notes } = await bench.upload();
    socket.close();
    expect(notes).to.deep.equal(['2 sockets, devices or pipes were left out.']);
    expect((await bench.restored()).length).to.equal(1);
  });

  it('the same bytes for the same content', async () => {
    bench.write('a/b');
    bench.write('c', noise(100_000, 1));
    const first = await bench.upload();
    fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true });
    const second = await bench.upload({}, `oci:${join(bench.base, 'other')}:cache`);
    expect(second.digest).to.equal(first.digest);
  });
});
