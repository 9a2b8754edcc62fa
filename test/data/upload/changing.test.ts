import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryProgress } from '../../../shared/entry/entry.ts';
import { CacheError } from '../../../shared/errors.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { until } from '../../support/deadline.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

const FRAME = 16 * 1024 * 1024;

describe('an upload of files that change meanwhile', function () {
  this.timeout(180_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  /**
   * Another process writes to the file all the time, as far as the machine lets it: `pauses` counts how often it could not for a
   * millisecond, in which a read may have found the file still.
   */
  const whileWritten = async (path: string, work: (pauses: () => number) => Promise<void>): Promise<void> => {
    const script = `const fs = require('fs'); const f = fs.openSync(process.argv[1], 'r+');
        fs.writeSync(1, '.');
        for (let n = 0, last = performance.now(); ; n++) {
          fs.writeSync(f, String(n), 0);
          const now = performance.now();
          if (now - last > 1) fs.writeSync(1, '.');
          last = now;
        }`;
    let pauses = 0;
    const writer = spawn(process.execPath, ['-e', script, join(bench.dir, path)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      writer.stdout.on('data', (dots: Buffer) => (pauses += dots.length));
      // On a busy machine the file would hold still for as long as its writer waits for a processor.
      if (process.getuid?.() === 0 && writer.pid !== undefined) setPriority(writer.pid, -20);
      await work(() => pauses);
    } finally {
      writer.kill('SIGKILL');
    }
  };

  it('has each file as it was at some time, or not at all', async () => {
    for (let i = 0; i < 200; i++) bench.write(`f${i}`, Buffer.alloc(1 + (i % 50) * 1000, 'a'));
    const script = `
        const fs = require('fs');
        const parent = process.ppid;
        let n = 0;
        while (process.ppid === parent) {
          const path = process.argv[1] + '/f' + (n % 200);
          n += 7;
          fs.writeFileSync(path, Buffer.alloc(1 + (n % 50) * 1000, 'abcdefgh'[n % 8]));
          if (n % 11 === 0) fs.rmSync(path);
          if (n % 70 === 0) process.stdout.write('.');
        }`;
    const writer = spawn(process.execPath, ['-e', script, bench.dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      for (let round = 0; round < 8; round++) {
        await bench.upload({ leaveOutChanging: true });
        const out = fs.mkdtempSync(join(bench.base, 'changing-'));
        await bench.restored(bench.target, out);
        for (const name of fs.readdirSync(out)) {
          if (name === '.tekton-cache') continue;
          const content = fs.readFileSync(join(out, name));
          expect(
            content.every((byte) => byte === content[0]),
            `${name} is torn`,
          ).to.equal(true);
        }
      }
    } finally {
      writer.kill('SIGKILL');
    }
  });

  for (const [what, size] of [
    ['a file', 15_000_000],
    ['a file of several frames', FRAME + 1000],
  ] as const) {
    it(`makes no entry without ${what} that never holds still, and says which`, async () => {
      bench.write('d/log', noise(size, 1));
      bench.write('small');
      await whileWritten('d/log', async (pauses) => {
        await until('an upload to which the file does not hold still', 50_000, async () => {
          const pausesBefore = pauses();
          const failure = await bench.upload({ force: true }).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (failure === undefined) {
            await until('the writer to tell of a pause', 5000, async () => pauses() > pausesBefore);
            fs.rmSync(join(bench.base, 'layout'), { recursive: true, force: true });
            return false;
          }
          expect(failure).to.be.instanceOf(CacheError).with.property('code', 'Unreadable');
          expect(failure).to.have.property('message').that.contains('"d/log"').and.contains('on-change: leave-out');
          return true;
        });
      });
      const { store, reference } = openStore(bench.target);
      expect(await store.getManifest(reference)).to.equal(undefined);
    });
  }

  it('makes no entry without what is in a directory that came in the place of a link', async () => {
    // Each in a frame of its own, and more of them than there are threads: the last one waits for another.
    for (let n = 0; n < 5; n++) bench.write(`file-${n}`, noise(9 * 1024 * 1024, n));
    const link = join(bench.dir, 'link');
    fs.symlinkSync('file-0', link);
    let isReplaced = false;
    const progress = ({ files }: EntryProgress): void => {
      // Before the walk has seen it, the link may be anything.
      if (isReplaced || files < 6) return;
      isReplaced = true;
      fs.rmSync(link);
      bench.write('link/inner');
    };
    const failure = await bench.upload({ progress }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(CacheError).with.property('code', 'Unreadable');
    expect(failure).to.have.property('message').that.contains('"link"');
  });

  it('has nothing of where a link leads that came in the place of a directory', async () => {
    const outside = join(bench.base, 'outside');
    fs.mkdirSync(outside);
    fs.writeFileSync(join(outside, 'token'), 'of this machine alone');
    for (let n = 0; n < 5; n++) bench.write(`file-${n}`, noise(9 * 1024 * 1024, n));
    bench.write('z/token', 'of the workspace here');
    let isReplaced = false;
    const progress = ({ files }: EntryProgress): void => {
      if (isReplaced || files < 7) return;
      isReplaced = true;
      fs.rmSync(join(bench.dir, 'z'), { recursive: true });
      fs.symlinkSync(outside, join(bench.dir, 'z'));
    };
    await bench.upload({ progress });
    expect(isReplaced).to.equal(true);
    const out = join(bench.base, 'out');
    fs.mkdirSync(out);
    await bench.restored(bench.target, out);
    expect(fs.readdirSync(out)).to.include('file-4');
    expect(fs.readdirSync(join(out, 'z'))).to.deep.equal([]);
  });

  it('leaves out a large file that never holds still where it is told to, says so, and takes it when it does', async () => {
    bench.write('d/large', noise(FRAME + 1000, 1));
    bench.write('small');
    await whileWritten('d/large', async () => {
      const { notes } = await bench.upload({ leaveOutChanging: true });
      expect(notes.join()).to.match(/1 file changed each time it was read: "d\/large"/);
    });
    expect((await bench.restored()).map((line) => line.split(' ')[0])).to.deep.equal(['d', 'small']);
    await bench.settle();
    await bench.upload();
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('can be fetched, whatever became of the names of a large file that never held still', async () => {
    bench.write('large', noise(FRAME + 1000, 1));
    fs.linkSync(join(bench.dir, 'large'), join(bench.dir, 'other'));
    bench.write('small');
    await whileWritten('large', async () => void (await bench.upload({ leaveOutChanging: true })));
    const names = (await bench.restored()).map((line) => line.split(' ')[0]);
    expect(['large', 'other', 'small']).to.include.members(names);
    expect(names).to.include('small');
    await bench.settle();
    await bench.upload();
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });
});
