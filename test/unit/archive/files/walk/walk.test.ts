import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheError } from '../../../../../shared/errors.ts';
import { comparePaths } from '../../../../../shared/archive/paths/path.ts';
import { selectionOf } from '../../../../../shared/archive/paths/selection.ts';
import { groupByInode } from '../../../../../shared/archive/files/walk/hard-links.ts';
import { Pace } from '../../../../../shared/pace.ts';
import { walked } from '../../../../support/tree/walked.ts';

describe('a walk', () => {
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'walk-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

  const paths = (only: string[] = [], exclude: string[] = []): string[] => {
    return [...walked(dir, selectionOf(only, exclude))].map((item) => item.path);
  };
  const make = (...files: string[]): void => {
    for (const file of files) {
      fs.mkdirSync(join(dir, file, '..'), { recursive: true });
      fs.writeFileSync(join(dir, file), '');
    }
  };

  it('gives all there is in path order, and not the state of this program', () => {
    make('a/b', 'a.b', 'a/.c', 'a-b/x', '.tekton-cache/record', 'a/.tekton-cache/kept');
    expect(paths()).to.deep.equal([
      'a',
      'a/.c',
      'a/.tekton-cache',
      'a/.tekton-cache/kept',
      'a/b',
      'a-b',
      'a-b/x',
      'a.b',
    ]);
    expect(paths().toSorted(comparePaths)).to.deep.equal(paths());
  });

  it('gives names that are no UTF-8 as their bytes', () => {
    fs.mkdirSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe])]));
    fs.writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe, 0x2f, 0xe9])]), '');
    make('é');
    expect(paths()).to.deep.equal(['\xc3\xa9', '\xff\xfe', '\xff\xfe/\xe9']);
  });

  it('stays within `paths`, with the directories above them', () => {
    make('a/b/c', 'a/x', 'd/e', 'f');
    expect(paths(['a/b', 'd/'])).to.deep.equal(['a', 'a/b', 'a/b/c', 'd', 'd/e']);
    expect(paths(['none'])).to.deep.equal([]);
  });

  it('leaves out what is excluded, with all below it', () => {
    make('a/b/c', 'a/x.log', 'x.log', '.hidden/f');
    expect(paths([], ['a/b', '**/*.log'])).to.deep.equal(['.hidden', '.hidden/f', 'a']);
    expect(paths([], ['*.log', '.*'])).to.deep.equal(['a', 'a/b', 'a/b/c', 'a/x.log']);
  });

  it('counts sockets, devices and pipes', () => {
    make('f');
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    const counts = { special: 0 };
    expect([...walked(dir, selectionOf([], []), counts)].map((item) => item.path)).to.deep.equal(['f']);
    expect(counts.special).to.equal(1);
  });

  it('refuses a path that is too long by its name', () => {
    const deeper =
      "const fs = require('fs'); for (let i = 0; i < 17; i++) { fs.mkdirSync('d'.repeat(250)); process.chdir('d'.repeat(250)); }";
    execFileSync(process.execPath, ['-e', deeper], { cwd: dir });
    expect(() => paths()).to.throw(CacheError, /dddd.* longer than 4095 bytes/);
    execFileSync('rm', ['-rf', dir]);
  });

  it('leaves out what was in a directory that is a file by now, and goes on behind it', () => {
    make('a/b/c', 'a/b/d', 'a/e', 'f');
    const moved = `${dir}-moved`;
    for (const replaced of ['a', 'a/b']) {
      const items = walked(dir, selectionOf([], []));
      const found: string[] = [];
      for (const { path } of items) {
        found.push(path);
        if (path !== 'a/b/c') continue;
        fs.renameSync(join(dir, replaced), moved);
        fs.writeFileSync(join(dir, replaced), 'a file');
      }
      expect(found, replaced).to.deep.equal(['a', 'a/b', 'a/b/c', ...(replaced === 'a' ? [] : ['a/e']), 'f']);
      fs.rmSync(join(dir, replaced));
      fs.renameSync(moved, join(dir, replaced));
    }
  });

  it('leaves out names of one file whose directory is a file by now', async () => {
    make('a/one', 'other');
    fs.linkSync(join(dir, 'a/one'), join(dir, 'a/two'));
    fs.linkSync(join(dir, 'a/one'), join(dir, 'three'));
    const names = [...walked(dir, selectionOf([], []))].filter(({ type, stats }) => type === 'file' && stats.nlink > 1);
    fs.rmSync(join(dir, 'a'), { recursive: true });
    make('a');
    const { alone, groups } = await new Pace(() => {}).run(
      groupByInode(
        dir,
        names.map((item) => ({ item })),
      ),
    );
    expect([alone.map(({ item }) => item.path), groups]).to.deep.equal([['three'], []]);
  });

  it('says which directory is not there', () => {
    fs.rmSync(dir, { recursive: true });
    expect(() => paths()).to.throw(CacheError, 'does not exist');
  });
});
