import * as fs from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryUpload, UploadOutcome } from '../../shared/entry/entry.ts';
import { fetchEntry } from '../../shared/entry/fetch-entry.ts';
import { readManifest } from '../../shared/entry/manifest.ts';
import type { EntryManifest } from '../../shared/entry/manifest.ts';
import { uploadEntry } from '../../shared/entry/upload-entry.ts';
import { CacheError } from '../../shared/errors.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { newTransfer } from '../../shared/store/transfer.ts';
import { changeTree, seeded } from '../support/change-tree.ts';
import { until } from '../support/deadline.ts';
import { expectSameTree } from '../support/same-tree.ts';
import { treePicture } from '../support/tree-picture.ts';

const FRAME = 16 * 1024 * 1024;

describe('an upload', function () {
  this.timeout(60_000);
  let base: string;
  let dir: string;
  let target: string;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'upload-'));
    dir = join(base, 'workspace');
    target = `oci:${join(base, 'layout')}:cache`;
    fs.mkdirSync(dir);
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const upload = async (more: Partial<EntryUpload> = {}, to = target): Promise<UploadOutcome> => {
    const { store, reference } = openStore(to);
    const request = { store, reference, dir, paths: [], exclude: [], aliases: [], force: false, ...more };
    return uploadEntry(request);
  };
  const restored = async (from = target, into = fs.mkdtempSync(join(base, 'out-'))): Promise<string[]> => {
    const { store, reference } = openStore(from);
    const outcome = await fetchEntry({ store, reference, dir: into, paths: [], exclude: [], clean: true });
    expect(outcome.found, 'found').to.equal(true);
    return treePicture(into);
  };
  const manifest = async (from = target): Promise<EntryManifest> => {
    const { store, reference } = openStore(from);
    const stored = await store.getManifest(reference);
    const read = stored === undefined ? undefined : readManifest(stored.bytes);
    if (read === undefined) throw new Error('no entry');
    return read;
  };
  const write = (path: string, content: string | Buffer = path): void => {
    fs.mkdirSync(join(dir, path, '..'), { recursive: true });
    fs.writeFileSync(join(dir, path), content);
  };
  /** Ages all states, so that the record may trust them. */
  const settle = async (): Promise<void> => {
    const last = Date.now();
    await until('the clock to pass the grain of times', 5000, async () =>
      Promise.resolve(Date.now() > last + 40 || undefined),
    );
  };

  describe('keeps exactly', () => {
    const bytes = (...parts: (string | number[])[]): Buffer =>
      Buffer.concat([Buffer.from(`${dir}/`), ...parts.map((part) => Buffer.from(part as string))]);

    for (const compression of ['zstd', 'gzip'] as const) {
      it(`names, modes, times, links and empty things of any kind, with ${compression}`, async () => {
        write('a/file', 'x');
        write('a.b', 'sorts after a/');
        write('empty', '');
        write('.wh.x', 'not a whiteout');
        write('d/.wh..wh..opq', 'not one either');
        write('.tekton-cache.esc.f', 'like an escape');
        write('n'.repeat(255));
        write('deep/'.repeat(60) + 'f');
        write(`${'p'.repeat(200)}/${'q'.repeat(200)}/f`);
        write('new\nline\t');
        fs.writeFileSync(bytes([0xff, 0xfe, 0x80]), 'not UTF-8');
        fs.symlinkSync(Buffer.from([0xff, 0x2f, 0x2e, 0x2e]), bytes('to-bytes'));
        fs.mkdirSync(join(dir, 'nothing-in-it'), { mode: 0o1777 });
        fs.symlinkSync('/absolute/nowhere', join(dir, 'absolute'));
        fs.symlinkSync('../../../out', join(dir, 'a/out'));
        fs.symlinkSync('t'.repeat(300), join(dir, 'long-target'));
        fs.chmodSync(join(dir, 'a/file'), 0o6755);
        fs.chmodSync(join(dir, 'empty'), 0);
        fs.linkSync(join(dir, 'a/file'), join(dir, 'z-other-name'));
        fs.linkSync(join(dir, 'a/file'), join(dir, 'a/earlier'));
        fs.utimesSync(join(dir, 'a.b'), 1, 1.000000001);
        fs.utimesSync(join(dir, 'a'), 1e9, 1_234_567_890.987654);
        const before = treePicture(dir);
        expect(await upload({ compression })).to.include({ uploaded: true, reason: 'pushed' });
        expectSameTree(await restored(), before);
      });
    }

    it('a file over several frames, among small ones', async () => {
      const big = Buffer.alloc(2.5 * FRAME);
      for (let i = 0; i < big.length; i += 499) big[i] = (i * i) % 251;
      write('a/before');
      write('b', big);
      write('c/after');
      write('d', big.subarray(0, FRAME - 512));
      write('e', big.subarray(0, FRAME));
      const outcome = await upload();
      expect(outcome.size).to.equal(big.length + 2 * FRAME - 512 + 'a/before'.length + 'c/after'.length);
      expectSameTree(await restored(), treePicture(dir));
    });

    it('only what is chosen', async () => {
      write('a/b/in');
      write('a/out');
      write('a/b/skip.log');
      await upload({ paths: ['a/b'], exclude: ['**/*.log'] });
      const paths = (await restored()).map((line) => line.split(' ')[0]);
      expect(paths).to.deep.equal(['a', 'a/b', 'a/b/in']);
    });

    it('what can be kept, and counts what cannot', async () => {
      write('file');
      await new Promise<void>((resolve, reject) => {
        spawn('mkfifo', [join(dir, 'pipe')]).once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error('mkfifo')),
        );
      });
      const { notes } = await upload();
      expect(notes).to.deep.equal(['1 sockets, devices or pipes were left out.']);
      expect((await restored()).length).to.equal(1);
    });

    it('the same bytes for the same content', async () => {
      write('a/b');
      write('c', randomBytes(100_000, 1));
      const first = await upload();
      fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
      const second = await upload({}, `oci:${join(base, 'other')}:cache`);
      expect(second.digest).to.equal(first.digest);
    });
  });

  describe('of what is there already', () => {
    const CONTENT = 3_000_000;
    beforeEach(async () => {
      for (let i = 0; i < 30; i++) write(`d${i % 5}/f${i}`, randomBytes(CONTENT / 30, i));
      fs.symlinkSync('f1', join(dir, 'd1/link'));
      await settle();
      await upload();
    });

    it('sends nothing and reads no content', async () => {
      const read = (): number => Number(/^rchar: (\d+)/m.exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1]);
      const before = read();
      const outcome = await upload();
      expect(outcome).to.include({ uploaded: false, reason: 'unchanged', bytesSent: 0, size: CONTENT });
      expect(read() - before).to.be.lessThan(CONTENT / 10);
    });

    it('sends nothing without a record either', async () => {
      fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
      expect(await upload()).to.include({ reason: 'unchanged', bytesSent: 0 });
      expect(fs.readdirSync(join(dir, '.tekton-cache')).length, 'a record for next time').to.equal(2);
    });

    it('sends an index and no content from another workspace, where all times are others', async () => {
      const now = new Date();
      for (const name of fs.readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!name.startsWith('.tekton')) fs.lutimesSync(join(dir, name), now, now);
      }
      fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
      const outcome = await upload();
      expect(outcome.bytesSent).to.be.lessThan(10_000);
      expect(outcome.notes.join()).to.match(/30 files have a new mode or time in the index alone/);
      expectSameTree(await restored(), treePicture(dir));
    });

    it('puts the manifest under another tag, and aliases', async () => {
      const other = target.replace(/cache$/, 'other');
      const outcome = await upload({ aliases: ['alias'] }, other);
      expect(outcome).to.include({ uploaded: true, reason: 'pushed' });
      expect(outcome.bytesSent).to.be.lessThan(20_000);
      for (const tag of ['other', 'alias'])
        expect(await manifest(target.replace(/cache$/, tag))).to.deep.equal(await manifest());
      expect(await upload({ aliases: ['alias'] }, other)).to.include({ reason: 'unchanged', bytesSent: 0 });
      expect(await upload({ aliases: ['late'] })).to.include({ uploaded: false, reason: 'unchanged' });
      expect(await manifest(target.replace(/cache$/, 'late'))).to.deep.equal(await manifest());
    });

    it('takes the layers from the repository of a fallback', async () => {
      const other = `oci:${join(base, 'elsewhere')}:cache`;
      const { store, reference } = openStore(target);
      for (const record of [true, false]) {
        if (!record) fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
        fs.rmSync(join(base, 'elsewhere'), { recursive: true, force: true });
        const transfer = newTransfer();
        const to = openStore(other, { transfer });
        await upload({ store: to.store, base: { store, reference } }, other);
        expect(transfer.bytesSent, `record: ${record}`).to.be.lessThan(50_000);
        expectSameTree(await restored(other), treePicture(dir));
      }
    });

    it('is pushed again when it is forced', async () => {
      expect(await upload({ force: true })).to.include({ uploaded: true, reason: 'pushed' });
    });

    it('sees a change of content that left size and time as they were', async () => {
      const path = join(dir, 'd0/f0');
      const { atime, mtime } = fs.statSync(path);
      fs.writeFileSync(path, Buffer.alloc(CONTENT / 30, '! '));
      fs.utimesSync(path, atime, mtime);
      expect(await upload()).to.include({ reason: 'pushed' });
      expectSameTree(await restored(), treePicture(dir));
    });

    it('sends just what is new, and keeps the layers that there are', async () => {
      const before = await manifest();
      write('d1/new', 'new');
      fs.rmSync(join(dir, 'd2/f2'));
      fs.rmSync(join(dir, 'd3'), { recursive: true });
      const outcome = await upload();
      expect(outcome.bytesSent).to.be.lessThan(20_000);
      const after = await manifest();
      expect(after.content[0]?.descriptor.digest).to.equal(before.content[0]?.descriptor.digest);
      expect([before.content.length, after.content.length, after.deltas.length]).to.deep.equal([1, 3, 1]);
      expectSameTree(await restored(), treePicture(dir));
    });

    it('sends all again when the registry has lost a blob', async () => {
      const { content } = await manifest();
      const lost = content[0]?.descriptor.digest.replace(':', '/') ?? '';
      fs.rmSync(join(base, 'layout/blobs', lost));
      write('d1/new', 'new');
      expect(await upload()).to.include({ uploaded: true, reason: 'pushed' });
      expectSameTree(await restored(), treePicture(dir));
    });

    it('goes on without a record that is broken', async () => {
      const [name] = fs.readdirSync(join(dir, '.tekton-cache')).filter((each) => each.startsWith('record'));
      const path = join(dir, '.tekton-cache', name ?? '');
      const record = fs.readFileSync(path);
      record[40] = (record[40] ?? 0) ^ 0xff;
      fs.writeFileSync(path, record);
      write('d1/new', 'new');
      expect(await upload()).to.include({ uploaded: true });
      expectSameTree(await restored(), treePicture(dir));
    });

    it('writes a mode or a time that alone is new, and nothing else of a large file', async () => {
      write('large', randomBytes(1_100_000, 99));
      await settle();
      await upload();
      fs.chmodSync(join(dir, 'd0/f0'), 0o700);
      fs.utimesSync(join(dir, 'd0/f5'), 5, 5);
      fs.chmodSync(join(dir, 'large'), 0o600);
      const { notes } = await upload();
      expect(notes.join()).to.match(/^1 files have a new mode or time/);
      expectSameTree(await restored(), treePicture(dir));
    });

    it('is empty when nothing is left', async () => {
      for (const name of fs.readdirSync(dir)) fs.rmSync(join(dir, name), { recursive: true });
      expect(await upload()).to.include({ uploaded: false, reason: 'empty', digest: '' });
      expect((await restored()).length, 'the entry is as it was').to.be.greaterThan(30);
    });
  });

  it('of names of one file keeps them together when one of them goes or comes', async () => {
    write('a', 'one');
    fs.linkSync(join(dir, 'a'), join(dir, 'b'));
    fs.linkSync(join(dir, 'a'), join(dir, 'c/../d'));
    await settle();
    await upload();
    await settle();
    expect(await upload()).to.include({ reason: 'unchanged' });
    for (const change of [
      () => fs.rmSync(join(dir, 'a')),
      () => fs.linkSync(join(dir, 'd'), join(dir, 'a')),
      () => fs.appendFileSync(join(dir, 'b'), 'more'),
      () => fs.rmSync(join(dir, 'd')),
      () => fs.rmSync(join(dir, 'b')),
    ]) {
      change();
      await upload();
      expectSameTree(await restored(), treePicture(dir));
    }
  });

  it('of names of one file stores those that are chosen, the first of them as a file', async () => {
    write('a', 'one');
    write('d/e', 'two');
    fs.linkSync(join(dir, 'a'), join(dir, 'b'));
    fs.linkSync(join(dir, 'a'), join(dir, 'd/c'));
    await upload();
    await upload({ exclude: ['a'] });
    const lines = (await restored()).map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(lines.slice(0, 2)).to.deep.equal(['b file', 'd directory']);
    expect((await restored()).find((line) => line.startsWith('d/c'))).to.match(/^d\/c another name of b/);
    await upload({ paths: ['d'] });
    expect((await restored()).find((line) => line.startsWith('d/c'))).to.match(/^d\/c file/);
  });

  for (const seed of [1, 2, 3, 4]) {
    it(`after upload follows every change of a tree (seed ${seed})`, async () => {
      const random = seeded(seed);
      const warm = join(base, 'warm');
      fs.mkdirSync(warm);
      for (let round = 0; round < 25; round++) {
        changeTree(dir, random, round === 0 ? 60 : 1 + random(12));
        if (random(6) === 0) fs.rmSync(join(dir, '.tekton-cache'), { recursive: true, force: true });
        if (fs.readdirSync(dir).filter((name) => name !== '.tekton-cache').length === 0) continue;
        await upload();
        const picture = treePicture(dir);
        expectSameTree(await restored(), picture, `round ${round}`);
        expectSameTree(await restored(target, warm), picture, `round ${round}, warm`);
        const { content, deltas } = await manifest();
        expect(deltas.length).to.be.at.most(8);
        expect(content.length + deltas.length + 1).to.be.at.most(96);
      }
    });
  }

  it('writes all anew when half of what is stored is dead', async () => {
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 8; i++) write(`f${i}`, randomBytes(400_000, round * 10 + i));
      await upload();
    }
    const { content } = await manifest();
    const stored = content.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    expect(stored).to.be.lessThan(8 * 400_000 * 2.5);
    expectSameTree(await restored(), treePicture(dir));
  });

  for (const withRecord of [true, false]) {
    it(`writes only the worst layers anew, and keeps the others (${withRecord ? 'with' : 'without'} a record)`, async () => {
      const change = async (): Promise<UploadOutcome> => {
        await settle();
        if (!withRecord) fs.rmSync(join(dir, '.tekton-cache'), { recursive: true, force: true });
        return upload();
      };
      // Frames of 16 MiB: the first layers stay as they are, of the others a tenth is left.
      for (let i = 0; i < 4; i++) write(`a/stays${i}`, randomBytes(FRAME / 2, i));
      for (let i = 0; i < 40; i++) write(`z/goes${i}`, randomBytes(1_200_000, 100 + i));
      fs.linkSync(join(dir, 'z/goes39'), join(dir, 'z/goes39-too'));
      fs.symlinkSync('goes29', join(dir, 'z/link'));
      await change();
      const before = (await manifest()).content;
      for (let i = 0; i < 40; i++) if (i % 10 !== 9) fs.rmSync(join(dir, `z/goes${i}`));
      await change();
      // Now half is dead: the next change is when it is written anew.
      write('new', 'new');
      const outcome = await change();
      const { content } = await manifest();
      const [stored, live] = [content.reduce((n, { tarSize }) => n + tarSize, 0), 2 * FRAME + 4 * 1_200_000];
      expect(stored, 'bytes of tar').to.be.lessThan(live * 1.4);
      expect(outcome.bytesSent, 'bytes sent').to.be.lessThan(5 * 1_200_000);
      const kept = new Set(content.map(({ descriptor }) => descriptor.digest));
      expect(before.filter(({ descriptor }) => kept.has(descriptor.digest)).length, 'kept').to.be.greaterThan(0);
      expectSameTree(await restored(), treePicture(dir));
      expect(await change()).to.include({ reason: 'unchanged' });
    });
  }

  describe('of files that change meanwhile', () => {
    it('has each file as it was at some time, or not at all', async () => {
      for (let i = 0; i < 200; i++) write(`f${i}`, Buffer.alloc(1 + (i % 50) * 1000, 'a'));
      const script = `
        const fs = require('fs');
        let n = 0;
        for (;;) {
          const path = process.argv[1] + '/f' + (n % 200);
          n += 7;
          fs.writeFileSync(path, Buffer.alloc(1 + (n % 50) * 1000, 'abcdefgh'[n % 8]));
          if (n % 11 === 0) fs.rmSync(path);
          if (n % 70 === 0) process.stdout.write('.');
        }`;
      const writer = spawn(process.execPath, ['-e', script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await new Promise((resolve) => writer.stdout.once('data', resolve));
        for (let round = 0; round < 8; round++) {
          await upload();
          const out = fs.mkdtempSync(join(base, 'changing-'));
          await restored(target, out);
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

    it('leaves out a large file that never holds still, says so, and takes it when it does', async () => {
      write('d/large', randomBytes(FRAME + 1000, 1));
      write('small');
      const script = `const fs = require('fs'); const f = fs.openSync(process.argv[1], 'r+');
        process.stdout.write('.'); for (let n = 0; ; n++) fs.writeSync(f, String(n), 0);`;
      const writer = spawn(process.execPath, ['-e', script, join(dir, 'd/large')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await new Promise((resolve) => writer.stdout.once('data', resolve));
        const { notes } = await upload();
        expect(notes.join()).to.match(/1 files changed each time that they were read, and were left out: "d\/large"/);
      } finally {
        writer.kill('SIGKILL');
      }
      expect((await restored()).map((line) => line.split(' ')[0])).to.deep.equal(['d', 'small']);
      await settle();
      await upload();
      expectSameTree(await restored(), treePicture(dir));
    });
  });

  describe('ends without an entry', () => {
    const refused = async (work: Promise<unknown>): Promise<CacheError> => {
      try {
        await work;
      } catch (error) {
        if (error instanceof CacheError) return error;
        throw error;
      }
      throw new Error('it did not fail');
    };

    it('past a limit, before anything is sent', async () => {
      write('a', Buffer.alloc(5000));
      write('b');
      for (const limits of [{ maxBytes: 4999 }, { maxFiles: 1 }, { maxBlobBytes: 4999 }]) {
        expect(await refused(upload({ limits }))).to.have.property('code', 'TooLarge');
      }
      expect(fs.existsSync(join(base, 'layout/index.json'))).to.equal(false);
    });

    it('when a file cannot be read, naming it', async function () {
      if (process.geteuid?.() !== 0 || process.seteuid === undefined) this.skip();
      write('open');
      write('d/secret');
      fs.chmodSync(join(dir, 'd/secret'), 0o600);
      fs.chmodSync(base, 0o777);
      fs.chmodSync(dir, 0o777);
      process.seteuid(65_534);
      try {
        const error = await refused(upload());
        expect(error).to.have.property('code', 'Unreadable');
        expect(error.message).to.contain('"d/secret"');
      } finally {
        process.seteuid(0);
      }
    });

    it('when it is cancelled', async () => {
      for (let i = 0; i < 50; i++) write(`f${i}`, Buffer.alloc(2_000_000, i));
      const abort = new AbortController();
      const work = upload({ signal: abort.signal, progress: () => abort.abort() });
      await work.then(
        () => expect.fail('it did not fail'),
        () => undefined,
      );
      expect((await openStore(target).store.getManifest('cache'))?.bytes).to.equal(undefined);
    });
  });

  it('writes no record where it may not', async () => {
    write('a');
    await upload({ readOnly: true });
    expect(fs.existsSync(join(dir, '.tekton-cache'))).to.equal(false);
  });
});

function randomBytes(length: number, seed: number): Buffer {
  const random = seeded(seed + 1);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random(2 ** 32));
  return Buffer.from(words.buffer, 0, length);
}
