import { expect } from 'chai';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestAll, openSource, readTarget, statSource } from '../../../../shared/archive/pack/source-file.ts';
import { Source } from '../../../../shared/archive/pack/source.ts';

describe('the files of an upload', () => {
  let base: string;
  let dir: string;
  let source: Source;
  beforeEach(() => {
    base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'source-')));
    dir = join(base, 'workspace');
    for (const path of ['workspace/a/b', 'workspace/real', 'outside/b']) {
      fs.mkdirSync(join(base, path), { recursive: true });
      fs.writeFileSync(join(base, path, 'file'), path);
      fs.symlinkSync(`target of ${path}`, join(base, path, 'link'));
    }
    source = new Source({ dir, links: new Map([['chosen', join(dir, 'real')]]) });
  });
  afterEach(() => {
    source.close();
    fs.rmSync(base, { recursive: true, force: true });
  });

  /** What is read of the paths, in each way in which an upload looks at one. */
  const read = (...paths: readonly string[]): string[] =>
    paths.map((path) => {
      const opened = openSource(source, path);
      const content = 'file' in opened ? fs.readFileSync(opened.file, 'utf8') : opened.failure;
      if ('file' in opened) fs.closeSync(opened.file);
      const [digested] = digestAll(source, [path]);
      const state = statSource(source, path) === undefined ? 'nothing' : 'there';
      return `${content} ${digested?.found} ${state} ${readTarget(source, `${path.slice(0, -4)}link`)}`;
    });
  const nothing = 'gone false nothing undefined';

  it('are those of the workspace, also behind a link that is chosen', () => {
    expect(read('a/b/file', 'chosen/file', 'real/file')).to.deep.equal([
      'workspace/a/b true there target of workspace/a/b',
      'workspace/real true there target of workspace/real',
      'workspace/real true there target of workspace/real',
    ]);
  });

  for (const link of ['a', 'a/b']) {
    it(`are gone where a link comes in the place of a directory: ${link}`, () => {
      fs.renameSync(join(dir, link), join(base, 'moved'));
      fs.symlinkSync(join(base, link.replace('a', 'outside')), join(dir, link));
      expect(read('a/b/file')).to.deep.equal([nothing]);
    });
  }

  it('are gone where a link comes on the way behind a link that is chosen', () => {
    fs.renameSync(join(dir, 'real'), join(base, 'moved'));
    fs.symlinkSync(join(base, 'outside/b'), join(dir, 'real'));
    expect(read('chosen/file')).to.deep.equal([nothing]);
  });

  it('are found in a directory that was made anew, as soon as the source is told', () => {
    expect(read('a/b/file')).to.not.deep.equal([nothing]);
    fs.rmSync(join(dir, 'a'), { recursive: true });
    fs.mkdirSync(join(dir, 'a/b'), { recursive: true });
    fs.writeFileSync(join(dir, 'a/b/file'), 'anew');
    source.renew();
    expect(read('a/b/file')).to.deep.equal(['anew true there undefined']);
  });

  it('are found however deep they are, and whatever comes between them', () => {
    const deep = Array.from({ length: 300 }, () => 'd').join('/');
    fs.mkdirSync(join(dir, deep), { recursive: true });
    fs.writeFileSync(join(dir, deep, 'file'), 'deep');
    fs.writeFileSync(join(dir, 'd/d/file'), 'shallow');
    for (const [path, content] of [
      [`${deep}/file`, 'deep'],
      ['d/d/file', 'shallow'],
      ['a/b/file', 'workspace/a/b'],
      [`${deep}/file`, 'deep'],
    ]) {
      expect(read(String(path))[0]?.split(' ')[0], path).to.equal(content);
    }
    const open = fs.readdirSync('/proc/self/fd').length;
    source.close();
    expect(open - fs.readdirSync('/proc/self/fd').length).to.be.lessThan(100);
  });
});
