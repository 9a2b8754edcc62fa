import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { newUploadBench, type UploadBench } from '../../support/entry/upload-bench.ts';

describe('a symbolic link in paths', () => {
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
    bench.write('real/dep/index.js', 'one');
    bench.write('real/inner');
    bench.write('versions/2.txt', 'two');
    bench.write('packages/a/node_modules/dep');
    link('real', 'modules');
    link('../../real', 'packages/b/node_modules');
    link('versions/2.txt', 'current.txt');
    link('.', 'real/itself');
  });
  afterEach(() => bench.remove());

  function link(target: string, path: string): void {
    fs.mkdirSync(join(bench.dir, path, '..'), { recursive: true });
    fs.symlinkSync(target, join(bench.dir, path));
  }

  const upload = (...paths: string[]) => bench.upload({ paths });

  async function refusal(work: Promise<unknown>): Promise<CacheError> {
    const error = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (!(error instanceof CacheError)) throw new Error(`No refusal, but ${String(error)}`);
    return error;
  }

  async function fetch(paths: string[], into = fs.mkdtempSync(join(bench.base, 'out-'))): Promise<string> {
    const { store, reference } = openStore(bench.target);
    const { found } = await fetchEntry({ store, reference, dir: into, paths, exclude: [], clean: true });
    expect(found).to.equal(true);
    return into;
  }

  it('stands for the directory that it leads to', async () => {
    expect(await upload('modules')).to.include({ uploaded: true });
    const into = await fetch(['modules']);
    expect(fs.lstatSync(join(into, 'modules')).isDirectory()).to.equal(true);
    expect(fs.readFileSync(join(into, 'modules/dep/index.js'), 'utf8')).to.equal('one');
    expect(fs.readdirSync(into).filter((name) => name !== '.tekton-cache')).to.deep.equal(['modules']);
    expect(fs.readlinkSync(join(into, 'modules/itself')), 'a link in it is a link').to.equal('.');
  });

  it('stands for the file that it leads to', async () => {
    await upload('current.txt');
    const into = await fetch(['current.txt']);
    expect(fs.lstatSync(join(into, 'current.txt')).isFile()).to.equal(true);
    expect(fs.readFileSync(join(into, 'current.txt'), 'utf8')).to.equal('two');
  });

  it('does so where a glob matches it, beside directories', async () => {
    await upload('packages/*/node_modules');
    const into = await fetch(['packages/*/node_modules']);
    expect(fs.readFileSync(join(into, 'packages/b/node_modules/dep/index.js'), 'utf8')).to.equal('one');
    expect(fs.existsSync(join(into, 'packages/a/node_modules/dep'))).to.equal(true);
  });

  it('is followed again by the next upload: what changed behind it is sent, and nothing else', async () => {
    await upload('modules', 'current.txt');
    await bench.settle();
    expect(await upload('modules', 'current.txt')).to.include({ reason: 'unchanged', bytesSent: 0 });
    bench.write('real/dep/index.js', 'another');
    fs.rmSync(join(bench.dir, 'current.txt'));
    bench.write('versions/3.txt', 'three');
    link('versions/3.txt', 'current.txt');
    expect(await upload('modules', 'current.txt')).to.include({ reason: 'pushed' });
    const into = await fetch(['modules', 'current.txt']);
    expect(fs.readFileSync(join(into, 'modules/dep/index.js'), 'utf8')).to.equal('another');
    expect(fs.readFileSync(join(into, 'current.txt'), 'utf8')).to.equal('three');
  });

  it('becomes a directory in a fetch, and what it led to stays as it is', async () => {
    await upload('modules');
    bench.write('real/mine');
    await fetch(['modules'], bench.dir);
    expect(fs.lstatSync(join(bench.dir, 'modules')).isDirectory()).to.equal(true);
    expect(fs.existsSync(join(bench.dir, 'modules/mine'))).to.equal(false);
    expect(fs.existsSync(join(bench.dir, 'real/mine'))).to.equal(true);
  });

  for (const [what, target] of [
    ['out of the workspace', '../elsewhere'],
    ['to the workspace itself', '.'],
    ['to the files of this program', '.tekton-cache'],
  ] as const) {
    for (const path of ['gone', 'g*']) {
      it(`that leads ${what} is refused by its name (${path})`, async () => {
        fs.mkdirSync(join(bench.base, 'elsewhere'));
        fs.writeFileSync(join(bench.base, 'elsewhere/secret'), '');
        await upload('real');
        link(target, 'gone');
        const error = await refusal(upload('real', path));
        expect(error).to.have.property('code', 'Unreadable');
        expect(error.message).to.include(path).and.include('"gone"');
        expect(await upload('real', path, '!gone')).to.have.property('digest');
      });
    }
  }

  it('that leads to nothing has nothing', async () => {
    link('nowhere', 'dangling');
    link('loop', 'loop');
    const outcome = await bench.upload({ paths: ['dangling', 'loop'] });
    expect(outcome).to.include({ uploaded: false, reason: 'empty' });
    expect(outcome.notes.join('\n')).to.include('dangling').and.include('loop');
  });

  it('on the way to a path is refused by an upload that names it, and passed by where a glob does not', async () => {
    for (const path of ['modules/dep', 'modules/*', 'modules/**/index.js']) {
      const error = await refusal(upload(path));
      expect(error).to.have.property('code', 'Unreadable');
      expect(error.message).to.include(path).and.include('"modules"');
    }
    await upload('*/dep');
    expect(fs.readdirSync(await fetch(['*/dep'])).filter((name) => name !== '.tekton-cache')).to.deep.equal(['real']);
  });

  for (const there of ['a link', 'a file'] as const) {
    it(`on the way to a path stays where a fetch finds ${there}, which is refused`, async () => {
      await upload('real/dep');
      const into = fs.mkdtempSync(join(bench.base, 'over-'));
      fs.mkdirSync(join(into, 'mine'));
      if (there === 'a link') fs.symlinkSync('mine', join(into, 'real'));
      else fs.writeFileSync(join(into, 'real'), 'mine');
      const error = await refusal(fetch(['real/dep'], into));
      expect(error).to.have.property('code', 'Unwritable');
      expect(error.message).to.include('"real"');
      expect(fs.lstatSync(join(into, 'real')).isDirectory()).to.equal(false);
    });
  }
});
