import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { newUploadBench, type UploadBench } from '../../support/entry/upload-bench.ts';

const BYTES = 1_000_000;
const ROUNDS = 5;

/** A number at the begin of the file, then the same at its end, and on to the next: at any time the end has that of the begin, or the one before. */
const WRITER = `
  const fs = require('fs');
  const file = fs.openSync(process.argv[1], 'r+');
  const number = Buffer.alloc(4);
  process.stdout.write('.');
  for (let n = 1; ; n++) {
    number.writeUInt32LE(n);
    fs.writeSync(file, number, 0, 4, 0);
    fs.writeSync(file, number, 0, 4, ${BYTES - 4});
  }`;

/** ramfs gives all changes of one tick of the kernel's clock the same time, as most file systems did before Linux 6.13. */
describe('an upload from a file system whose clock has ticks', function () {
  this.timeout(180_000);
  let bench: UploadBench;
  let isMounted = false;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    bench = newUploadBench();
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', bench.dir]);
    isMounted = true;
  });
  afterEach(() => {
    if (isMounted) execFileSync('umount', ['-l', bench.dir]);
    isMounted = false;
    bench.remove();
  });

  it('has no file that changed while it was read, as it never was', async () => {
    const path = join(bench.dir, 'f');
    fs.writeFileSync(path, Buffer.alloc(BYTES));
    const writer = spawn(process.execPath, ['-e', WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      if (writer.pid !== undefined) setPriority(writer.pid, -20);
      for (let round = 0; round < ROUNDS; round++) {
        await bench.upload({ leaveOutChanging: true, evenEmpty: true });
        const out = fs.mkdtempSync(join(bench.base, 'out-'));
        await bench.restored(bench.target, out);
        const stored = join(out, 'f');
        if (!fs.existsSync(stored)) continue;
        const content = fs.readFileSync(stored);
        expect(content.readUInt32LE(0) - content.readUInt32LE(BYTES - 4), 'begin and end are of one time').to.be.oneOf([
          0, 1,
        ]);
      }
    } finally {
      writer.kill('SIGKILL');
    }
  });

  it('waits once for files that are new, and takes them', async () => {
    for (let n = 0; n < 50; n++) bench.write(`f${n}`, `content ${n}`);
    const { reason, notes } = await bench.upload();
    expect({ reason, notes }).to.deep.equal({ reason: 'pushed', notes: [] });
    expect(await bench.restored()).to.have.length(50);
  });
});
