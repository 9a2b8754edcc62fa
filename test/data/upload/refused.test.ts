import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

describe('an upload ends without an entry', function () {
  this.timeout(60_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

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
    bench.write('a', Buffer.alloc(5000));
    bench.write('b');
    for (const limits of [{ maxBytes: 4999 }, { maxFiles: 1 }, { maxBlobBytes: 4999 }]) {
      expect(await refused(bench.upload({ limits }))).to.have.property('code', 'TooLarge');
    }
    expect(fs.existsSync(join(bench.base, 'layout/index.json'))).to.equal(false);
  });

  it('past a limit that shows only when all is packed, as a fetch would refuse it', async () => {
    fs.writeFileSync(join(bench.base, 'elsewhere'), Buffer.alloc(5000));
    fs.linkSync(join(bench.base, 'elsewhere'), join(bench.dir, 'a'));
    expect(await refused(bench.upload({ limits: { maxBytes: 4999 } }))).to.have.property('code', 'TooLarge');
    bench.write('b', noise(1_000_000, 1));
    expect(await refused(bench.upload({ limits: { maxBlobBytes: 1_000_000 } }))).to.have.property('code', 'TooLarge');
    expect(fs.existsSync(join(bench.base, 'layout/index.json'))).to.equal(false);
    expect(await bench.upload({ limits: { maxBlobBytes: 1_010_000 } })).to.include({ uploaded: true, size: 1_005_000 });
  });

  it('but not because it compresses well: what is uploaded can be fetched', async () => {
    const line = 'INFO the same line again and again\n';
    bench.write('log', Buffer.alloc(126 * 1024 * 1024, line));
    expect(await bench.upload())
      .to.include({ uploaded: true })
      .and.to.have.property('bytesSent')
      .that.is.below(100_000);
    const fetched = await bench.restored();
    expect(fetched).to.have.length(1);
  });

  for (const [what, path] of [
    ['is not there', 'nope'],
    ['lies below a file', 'plain/deeper'],
    ['is an empty directory', 'hollow'],
  ] as const) {
    it(`where the only path ${what}, and says which`, async () => {
      bench.write('plain');
      fs.mkdirSync(join(bench.dir, 'hollow'));
      const outcome = await bench.upload({ paths: [path] });
      expect(outcome).to.include({ uploaded: false, reason: 'empty' });
      expect(outcome.notes.join('\n')).to.include(path);
      expect(fs.existsSync(join(bench.base, 'layout/index.json'))).to.equal(false);
    });
  }

  for (const [what, made, asked] of [
    ['but a directory, as in a new volume', 'lost+found', {}],
    ['but what the file system of a volume found', 'lost+found/', {}],
    ['but directories in directories', 'a/b/c', {}],
    ['but what is excluded', 'a/b/log/', { exclude: ['**/x.log'] }],
    ['but directories in a path', 'a/b/c', { paths: ['a'] }],
    ['but directories in what a glob matches', 'p/a/node_modules/.bin', { paths: ['p/*/node_modules'] }],
  ] as const) {
    it(`where nothing is there ${what}: an exact hit would bring nothing`, async () => {
      fs.mkdirSync(join(bench.dir, made), { recursive: true });
      if (made.endsWith('/')) bench.write(`${made}x.log`);
      expect(await bench.upload(asked)).to.include({ uploaded: false, reason: 'empty', digest: '' });
      expect(fs.existsSync(join(bench.base, 'layout/index.json'))).to.equal(false);
    });
  }

  it('where an entry of directories alone is the target already', async () => {
    fs.mkdirSync(join(bench.dir, 'a/b'), { recursive: true });
    await bench.upload({ evenEmpty: true });
    expect(await bench.upload()).to.include({ uploaded: false, reason: 'empty' });
    expect(await bench.upload({ evenEmpty: true })).to.include({ reason: 'unchanged' });
  });

  it('where a path leads through a link, or out of the workspace', async () => {
    bench.write('real/dep');
    fs.symlinkSync('real', join(bench.dir, 'inside'));
    fs.symlinkSync(bench.base, join(bench.dir, 'outside'));
    for (const path of ['inside/dep', 'outside']) {
      const error = await refused(bench.upload({ paths: [path] }));
      expect(error).to.have.property('code', 'Unreadable');
      expect(error.message).to.include(path);
    }
  });

  it('but not where only one of several paths has nothing, which is said', async () => {
    bench.write('real/dep');
    const outcome = await bench.upload({ paths: ['real', 'nope'] });
    expect(outcome).to.include({ uploaded: true });
    expect(outcome.notes.join('\n')).to.include('nope').and.not.include('real');
  });

  it('but not where only a layer from before is larger than a blob may be now', async () => {
    bench.write('large', noise(1_000_000, 1));
    bench.write('small');
    await bench.upload();
    fs.rmSync(join(bench.dir, 'large'));
    expect(await bench.upload({ limits: { maxBlobBytes: 500_000 } })).to.include({ uploaded: true });
    const { content } = await bench.manifest();
    expect(Math.max(...content.map(({ descriptor }) => descriptor.size))).to.be.below(500_000);
  });

  it('when there are more blobs of the largest size than an image may have layers', async () => {
    for (let i = 0; i < 96; i++) {
      bench.write(`f${i}`, '');
      fs.truncateSync(join(bench.dir, `f${i}`), 17 * 1024 * 1024);
    }
    const error = await refused(bench.upload({ limits: { maxBlobBytes: 18 * 1024 * 1024 } }));
    expect(error).to.have.property('code', 'TooLarge');
    expect(error.message).to.contain('layers');
  });

  it('when a file cannot be read, naming it', async function () {
    if (process.geteuid?.() !== 0 || process.seteuid === undefined) this.skip();
    bench.write('open');
    bench.write('d/secret');
    fs.chmodSync(join(bench.dir, 'd/secret'), 0o600);
    fs.chmodSync(bench.base, 0o777);
    fs.chmodSync(bench.dir, 0o777);
    process.seteuid(65_534);
    try {
      const error = await refused(bench.upload());
      expect(error).to.have.property('code', 'Unreadable');
      expect(error.message).to.contain('"d/secret"');
    } finally {
      process.seteuid(0);
    }
  });

  it('when it is cancelled', async () => {
    for (let i = 0; i < 50; i++) bench.write(`f${i}`, Buffer.alloc(2_000_000, i));
    const abort = new AbortController();
    const work = bench.upload({ signal: abort.signal, progress: () => abort.abort() });
    await work.then(
      () => expect.fail('it did not fail'),
      () => undefined,
    );
    expect((await openStore(bench.target).store.getManifest('cache'))?.bytes).to.equal(undefined);
  });
});
