import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryUpload } from '../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { newUploadBench, type UploadBench } from '../../support/entry/upload-bench.ts';

describe('globs of paths', () => {
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
    for (const path of [
      'packages/a/node_modules/dep/index.js',
      'packages/b/node_modules/dep/index.js',
      'packages/b/src/main.ts',
      'packages/none/src/main.ts',
      'node_modules/top/node_modules/inner/index.js',
      'm/keep/x',
      'm/drop/x',
    ]) {
      bench.write(path);
    }
  });
  afterEach(() => bench.remove());

  const upload = (paths: string[], more: Partial<EntryUpload> = {}) => bench.upload({ paths, ...more });

  async function fetch(paths: string[], { into = fs.mkdtempSync(join(bench.base, 'out-')), clean = false } = {}) {
    const { store, reference } = openStore(bench.target);
    const outcome = await fetchEntry({ store, reference, dir: into, paths, exclude: [], clean });
    return { found: outcome.found, outcome, paths: pathsIn(into) };
  }

  /** Files, links and empty directories; byte strings. */
  function pathsIn(dir: string): string[] {
    const root = Buffer.from(dir);
    const list = (directory: string): string[] => {
      const at = Buffer.concat([root, Buffer.from(`/${directory}`, 'latin1')]);
      const entries = fs.readdirSync(at, { withFileTypes: true, encoding: 'latin1' });
      if (entries.length === 0) return [`${directory}/`];
      return entries.flatMap((entry) => {
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
        if (path === '.tekton-cache') return [];
        return entry.isDirectory() ? list(path) : [path];
      });
    };
    return list('').sort();
  }

  for (const [paths, restored] of [
    [['packages/*/node_modules'], ['packages/a/node_modules/dep/index.js', 'packages/b/node_modules/dep/index.js']],
    [
      ['**/node_modules'],
      [
        'node_modules/top/node_modules/inner/index.js',
        'packages/a/node_modules/dep/index.js',
        'packages/b/node_modules/dep/index.js',
      ],
    ],
    [['m', '!m/drop'], ['m/keep/x']],
    [['!m/drop', '{m,none}', 'packages/*/nope'], ['m/keep/x']],
    [['packages/b/*'], ['packages/b/node_modules/dep/index.js', 'packages/b/src/main.ts']],
    [
      ['**/main.ts', 'm/?eep'],
      ['m/keep/x', 'packages/b/src/main.ts', 'packages/none/src/main.ts'],
    ],
    [
      ['.', '!packages', '!**/inner'],
      ['m/drop/x', 'm/keep/x', 'node_modules/top/node_modules/'],
    ],
    [
      ['packages/*', '!packages/*/src'],
      ['packages/a/node_modules/dep/index.js', 'packages/b/node_modules/dep/index.js', 'packages/none/'],
    ],
  ] as const) {
    it(`${paths.join(' and ')} bring what they match into an empty directory`, async () => {
      const { normalPaths } = await import('../../../shared/interface/places/relative-path.ts');
      const normal = normalPaths(paths);
      expect(await upload(normal)).to.include({ uploaded: true, reason: 'pushed' });
      expect(await fetch(normal)).to.deep.include({ found: true, paths: [...restored] });
    });
  }

  for (const paths of [
    ['nope/*/node_modules'],
    ['packages/nope'],
    ['m', '!m'],
    ['m', '!m/**'],
    ['**', '!**'],
    ['**/*.nope', '!m/drop'],
    ['empty/*'],
  ]) {
    it(`${paths.join(' and ')} have nothing, so that there is no entry`, async () => {
      fs.mkdirSync(join(bench.dir, 'empty/dir'), { recursive: true });
      const outcome = await upload(paths);
      expect(outcome).to.include({ uploaded: false, reason: 'empty' });
      expect(outcome.notes.join('\n')).to.include(paths[0]);
      expect(fs.existsSync(join(bench.base, 'layout/index.json'))).to.equal(false);
    });
  }

  it('say which of them match nothing, also where another one has all of it', async () => {
    const outcome = await upload(['packages', 'packages/*/node_modules', 'packages/*/dist', 'none/x']);
    expect(outcome).to.include({ uploaded: true });
    expect(outcome.notes.filter((note) => note.startsWith('`paths`'))).to.deep.equal([
      `\`paths\`: there is nothing at packages/*/dist in ${bench.dir}.`,
      `\`paths\`: there is nothing at none/x in ${bench.dir}.`,
    ]);
  });

  it('leave directories out that lead to nothing', async () => {
    await upload(['**/node_modules/dep']);
    const { paths } = await fetch(['**/node_modules/dep']);
    expect(paths.some((path) => path.startsWith('m') || path.includes('none'))).to.equal(false);
  });

  for (const clean of [false, true]) {
    it(`do to what is there what names do${clean ? ' with `clean`' : ''}`, async () => {
      const globs = ['packages/*/node_modules', '!packages/*/node_modules/mine'];
      const names = ['packages/a/node_modules', 'packages/b/node_modules', 'packages/new/node_modules'];
      const results: string[][] = [];
      for (const paths of [globs, names]) {
        await upload(paths, { force: true });
        const into = fs.mkdtempSync(join(bench.base, 'over-'));
        for (const path of [
          'packages/a/node_modules/old/index.js',
          'packages/a/node_modules/dep',
          'packages/b/src/other.ts',
          'packages/new/node_modules/dep/index.js',
          'packages/new/src/x',
          'node_modules/x',
        ]) {
          fs.mkdirSync(join(into, path, '..'), { recursive: true });
          fs.writeFileSync(join(into, path), 'old');
        }
        expect(await fetch(paths, { into, clean })).to.include({ found: true });
        results.push(pathsIn(into));
      }
      expect(results[0]).to.deep.equal(results[1]);
      expect(results[0]?.includes('packages/a/node_modules/old/index.js')).to.equal(!clean);
      expect(results[0]?.includes('packages/new/node_modules/dep/index.js')).to.equal(!clean);
      expect(results[0]).to.include.members([
        'packages/a/node_modules/dep/index.js',
        'packages/b/src/other.ts',
        'packages/new/src/x',
        'node_modules/x',
      ]);
    });
  }

  it('never touch what a `!` takes out', async () => {
    const paths = ['m', '!m/drop'];
    await upload(paths);
    const into = fs.mkdtempSync(join(bench.base, 'over-'));
    fs.mkdirSync(join(into, 'm/drop'), { recursive: true });
    fs.writeFileSync(join(into, 'm/drop/mine'), '');
    fs.writeFileSync(join(into, 'm/old'), '');
    expect(await fetch(paths, { into, clean: true })).to.deep.include({
      found: true,
      paths: ['m/drop/mine', 'm/keep/x'],
    });
  });

  it('keep a directory that holds what a `!` takes out, and remove what else is in it', async () => {
    const paths = ['m', '!**/mine'];
    await upload(paths);
    const into = fs.mkdtempSync(join(bench.base, 'over-'));
    fs.mkdirSync(join(into, 'm/old/mine'), { recursive: true });
    fs.writeFileSync(join(into, 'm/old/mine/x'), '');
    fs.writeFileSync(join(into, 'm/old/y'), '');
    const { paths: there } = await fetch(paths, { into, clean: true });
    expect(there).to.deep.equal(['m/drop/x', 'm/keep/x', 'm/old/mine/x']);
  });

  it('find what is new beside a directory that is as it was', async () => {
    const paths = ['packages/*/node_modules'];
    await upload(paths);
    await bench.settle();
    expect(await upload(paths)).to.include({ reason: 'unchanged' });
    bench.write('packages/none/node_modules/dep/index.js');
    expect(await upload(paths)).to.include({ reason: 'pushed' });
    expect((await fetch(paths)).paths).to.include('packages/none/node_modules/dep/index.js');
    await bench.settle();
    fs.rmSync(join(bench.dir, 'packages/none/node_modules'), { recursive: true });
    expect(await upload(paths)).to.include({ reason: 'pushed' });
    expect((await fetch(paths)).paths.join()).not.to.include('none');
  });

  it('are found unchanged by the fetch of the same, and of the upload before', async () => {
    const paths = ['**/node_modules', '!**/inner'];
    await upload(paths);
    await bench.settle();
    const { outcome } = await fetch(paths, { into: bench.dir, clean: true });
    expect(outcome).to.include({ found: true, bytesReceived: 0 });
  });

  it('are a miss where an entry was made of others, as a hit would be a part', async () => {
    const other = async (made: string[], wanted: string[]) => {
      await upload(made, { force: true });
      return (await fetch(wanted)).found;
    };
    expect(await other(['packages/*/node_modules'], ['packages/*/src'])).to.equal(false);
    expect(await other(['packages/a/node_modules'], ['packages/*/node_modules'])).to.equal(false);
    expect(await other(['m', '!m/drop'], ['m'])).to.equal(false);
    expect(await other(['m', '!m/drop', 'packages'], ['packages'])).to.equal(true);
    expect(await other(['m', '!m/drop'], ['m', '!m/drop', '!m/other'])).to.equal(true);
    expect(await other(['packages'], ['packages/*/node_modules'])).to.equal(true);
    expect(await other(['packages/*/node_modules'], ['packages/a/node_modules'])).to.equal(true);
    expect(await other(['**/node_modules'], ['**/node_modules'])).to.equal(true);
  });

  it('take names with signs, spaces and commas in them, and names that are no UTF-8', async () => {
    const names = ['app/(shop)/[id]/x', 'app/i/x', 'a, b/c d/x', '!not/x', 'star*/x', 'C++ (old)/x', 'line\nbreak/x'];
    for (const name of names) bench.write(name);
    fs.mkdirSync(Buffer.from(`${bench.dir}/bytes/\xff\xe9`, 'latin1'), { recursive: true });
    fs.writeFileSync(Buffer.from(`${bench.dir}/bytes/\xff\xe9/x`, 'latin1'), 'x');
    const paths = ['app/(shop)/[id]', 'a, b/c ?', '\\!not', 'star\\*', 'C++ (old)', 'line*', 'bytes/??', '!bytes/???'];
    const outcome = await upload(paths);
    expect(outcome.notes).to.deep.equal([]);
    expect((await fetch(paths)).paths).to.deep.equal(
      [
        '!not/x',
        'C++ (old)/x',
        'a, b/c d/x',
        'app/(shop)/[id]/x',
        'bytes/\xff\xe9/x',
        'line\nbreak/x',
        'star*/x',
      ].sort(),
    );
  });

  it('match files as well as directories, and what is nested once', async () => {
    for (const path of ['cache/x.bin', 'cache/d.bin/in.bin', 'cache/d.bin/plain']) bench.write(path);
    await upload(['cache/*.bin', 'cache/**/in.bin']);
    expect((await fetch(['cache/*.bin', 'cache/**/in.bin'])).paths).to.deep.equal([
      'cache/d.bin/in.bin',
      'cache/d.bin/plain',
      'cache/x.bin',
    ]);
  });
});
