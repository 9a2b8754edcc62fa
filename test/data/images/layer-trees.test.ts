import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../../support/code-of.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { plain, putImage } from '../../support/entry/put-image.ts';
import { paxHeader, rawTar, type RawMember } from '../../support/entry/raw-tar.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

describe('the tree of an ordinary image', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  const put = (...layers: readonly (readonly RawMember[])[]): Promise<unknown> =>
    putImage(
      bench.store,
      'v1',
      layers.map((members) => plain(rawTar(members))),
    );
  const modeOf = (path: string): string => (fs.statSync(join(bench.target, path)).mode & 0o7777).toString(8);
  const isThere = (path: string): boolean => fs.existsSync(join(bench.target, path));

  it('has 0755 for directories without a header, at any depth', async () => {
    await put([{ name: 'a/b/file' }, { name: 'c/d/', flag: '5', mode: 0o700 }]);
    await bench.fetch();
    expect(['a', 'a/b', 'c', 'c/d'].map(modeOf)).to.deep.equal(['755', '755', '755', '700']);
  });

  for (const [how, gone] of Object.entries({
    'a whiteout': [{ name: '.wh.d' }],
    'an opaque whiteout': [{ name: '.wh..wh..opq' }],
    'a file in its place': [{ name: 'd' }],
  })) {
    it(`has 0755 for a directory without a header where ${how} removed one of another mode`, async () => {
      const again = [{ name: 'd/', flag: '5', mode: 0o711 }, { name: 'd/e/new' }];
      await put(
        [
          { name: 'd/', flag: '5', mode: 0o711 },
          { name: 'd/e/', flag: '5', mode: 0o711 },
        ],
        gone,
        [...(how.startsWith('a file') ? again : [{ name: 'd/e/new' }])],
      );
      await bench.fetch();
      expect(modeOf('d')).to.equal(how.startsWith('a file') ? '711' : '755');
      expect(modeOf('d/e')).to.equal('755');
    });
  }

  it('keeps the mode of a directory that an upper layer only writes into', async () => {
    await put([{ name: 'd/', flag: '5', mode: 0o711 }], [{ name: 'd/file' }]);
    await bench.fetch();
    expect(modeOf('d')).to.equal('711');
  });

  it('has no file where a device took its name, in the same layer or a later one', async () => {
    await put(
      [{ name: 'same' }, { name: 'same', flag: '3' }, { name: 'later' }, { name: 'd/in/it' }],
      [
        { name: 'later', flag: '4' },
        { name: 'd', flag: '6' },
        { name: 'back', flag: '3' },
      ],
      [{ name: 'back' }],
    );
    expect(await bench.fetch()).to.include({ found: true, files: 1 });
    expect(['same', 'later', 'd', 'back'].map(isThere)).to.deep.equal([false, false, false, true]);
  });

  it('has absolute names and targets of hard links below its top', async () => {
    await put(
      [
        { name: '/app/', flag: '5', mode: 0o711 },
        { name: '/app/file', content: 'content' },
        { name: '//app/./same', flag: '1', link: '/app/file' },
        { name: '/app/old' },
      ],
      [{ name: '/app/.wh.old' }],
    );
    await bench.fetch();
    expect(fs.readFileSync(join(bench.target, 'app/same'), 'utf8')).to.equal('content');
    expect(modeOf('app')).to.equal('711');
    expect(isThere('app/old')).to.equal(false);
  });

  it('is refused when a layer writes below what is a link or a file in those below, and says nothing of a directory', async () => {
    for (const lower of [{ name: 'd', flag: '2', link: 'e' }, { name: 'd' }]) {
      await put([{ name: 'e/file' }, lower], [{ name: 'd/new' }]);
      expect(await bench.fetch().catch(codeOf)).to.equal('InvalidImage');
      await put([{ name: 'e/file' }, lower], [{ name: 'd/', flag: '5' }, { name: 'd/new' }]);
      expect(await bench.fetch()).to.include({ found: true, files: 4 });
    }
  });

  it('is not called invalid where a further name is chosen without its file', async () => {
    for (const layers of [
      [[{ name: 'a.log' }, { name: 'b', flag: '1', link: 'a.log' }]],
      [[{ name: 'a.log' }], [{ name: 'b', flag: '1', link: './a.log' }]],
    ]) {
      await put(...layers);
      const chosen = [{ exclude: ['**/*.log'] }, { paths: ['b'] }];
      for (const more of chosen) expect(await bench.fetch(more).catch(codeOf)).to.equal('Unwritable');
      expect(await bench.fetch()).to.include({ found: true, files: 2 });
      for (const path of ['a.log', 'b']) fs.rmSync(join(bench.target, path));
    }
    await put([{ name: 'b', flag: '1', link: 'a' }]);
    expect(await bench.fetch().catch(codeOf)).to.equal('InvalidImage');
  });

  it('has the file of a name that a PAX record leaves empty', async () => {
    await put([paxHeader({ path: '' }), { name: 'file' }]);
    expect(await bench.fetch()).to.include({ found: true, files: 1 });
  });

  for (const form of ['--format=gnu', '--sparse-version=0.0', '--sparse-version=0.1', '--sparse-version=1.0']) {
    it(`has the sparse files of GNU tar, ${form}, with their holes`, async () => {
      const source = join(bench.base, 'source');
      fs.mkdirSync(source);
      const write = (name: string, size: number, parts: readonly number[]): void => {
        const fd = fs.openSync(join(source, name), 'w');
        for (const at of parts) fs.writeSync(fd, `part at ${at}`, at);
        fs.ftruncateSync(fd, size);
        fs.closeSync(fd);
      };
      write(
        'many',
        64 * 2 ** 20,
        Array.from({ length: 60 }, (_, n) => n * 2 ** 20),
      );
      write('empty', 2 ** 20, []);
      write('huge', 10 * 2 ** 30, [9 * 2 ** 30]);
      write('dense', 100, [0]);
      const format = form.startsWith('--sparse') ? ['--format=posix', form] : [form];
      const tar = execFileSync('tar', ['--sparse', ...format, '--mtime=@1000000000', '-C', source, '-c', '.'], {
        maxBuffer: 1e8,
      });
      execFileSync('find', [source, '-depth', '-exec', 'touch', '-d', '@1000000000', '{}', '+']);
      fs.rmSync(join(source, 'huge'));
      await putImage(bench.store, 'v1', [plain(tar)]);
      await bench.fetch();
      const { size, blocks } = fs.statSync(join(bench.target, 'huge'));
      expect({ size, isSparse: blocks < 10_000 }).to.deep.equal({ size: 10 * 2 ** 30, isSparse: true });
      const part = Buffer.alloc(20);
      const fd = fs.openSync(join(bench.target, 'huge'), 'r');
      fs.readSync(fd, part, 0, 20, 9 * 2 ** 30 - 2);
      fs.closeSync(fd);
      expect(part.toString('latin1').replaceAll('\0', '')).to.equal(`part at ${9 * 2 ** 30}`.slice(0, 18));
      fs.rmSync(join(bench.target, 'huge'));
      expect(treePicture(bench.target)).to.deep.equal(treePicture(source));
    });
  }
});
