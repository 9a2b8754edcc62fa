import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import fastGlob from 'fast-glob';
import { walk } from '../../../shared/archive/files/walk/walk.ts';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import { listFiles } from '../../../shared/cache-key/list-files.ts';

const PLAIN = ['a', 'b', 'ab', '.a', 'a.b', 'A'];
const SIGNS = ['[a]', '(b)', '{a}', 'é', 'a b', 'a, b', '*', '!a', 'ba\n', '\\a'];
/** Not `?`: to fast-glob 3.3.3 `a/a` is not in the glob `?` and `*` with a slash between. */
const SHARED = ['*', '**', 'a*', '*b', '[ab]', '[!a]', '{a,b}', '{a,b*}', '{a/b,ab}'];
const GLOBS = [
  '*',
  '**',
  '?',
  '??',
  'a*',
  '*b',
  '[ab]',
  '[!a]',
  '[a-c]*',
  '{a,b}',
  '{a,b*}',
  '{a/b,ab}',
  '@(a|b)',
  '+(a|b)',
  '?(a)b',
];

describe('files, paths and exclude', function () {
  this.timeout(60_000);
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'globs-agree-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

  const pathsOf = (names: readonly string[]) =>
    fc.array(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });
  const globsOf = (parts: readonly string[]) =>
    fc
      .array(fc.tuple(fc.boolean(), fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 })), {
        minLength: 1,
        maxLength: 3,
      })
      .map((globs) =>
        globs.map(([excludes, names], n) => (excludes && n > 0 ? '!' : '') + names.join('/').replace(/^!/, '\\!')),
      );

  /** Files at those paths, as far as no other is in their way. */
  function plant(paths: readonly (readonly string[])[]): string {
    const root = fs.mkdtempSync(join(dir, 't'));
    for (const names of paths) {
      try {
        fs.mkdirSync(join(root, ...names.slice(0, -1)), { recursive: true });
        fs.writeFileSync(join(root, ...names), '');
      } catch {
        continue;
      }
    }
    return root;
  }

  function walked(root: string, paths: readonly string[], exclude: readonly string[]): string[] {
    const items = [...walk(root, selectionOf(paths, exclude), { special: 0 })].filter((item) => item?.type === 'file');
    return items.map((item) => Buffer.from(item?.path ?? '', 'latin1').toString('utf8')).sort();
  }

  it('have one meaning of any globs on any names', async () => {
    const names = [...PLAIN, ...SIGNS];
    await fc.assert(
      fc.asyncProperty(pathsOf(names), globsOf([...GLOBS, ...PLAIN, ...SIGNS]), async (paths, globs) => {
        const root = plant(paths);
        const chosen = walked(root, globs, []);
        const below = globs.filter((glob) => !glob.startsWith('!')).map((glob) => `${glob}/**`);
        expect((await listFiles(root, [...globs, ...below])).sort(), 'files').to.deep.equal(chosen);
        const excluded = walked(root, [], globs);
        expect([...chosen, ...excluded].sort(), 'exclude').to.deep.equal(walked(root, [], []));
        expect(
          chosen.filter((path) => excluded.includes(path)),
          'both',
        ).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });

  it('mean what fast-glob means, where names have no signs in them', async () => {
    await fc.assert(
      fc.asyncProperty(pathsOf(PLAIN), globsOf([...SHARED, ...PLAIN]), async (paths, globs) => {
        // To fast-glob a file `x/a` is in `*/a/**`, and is not in `x/a/**`: what is in a directory is not the directory.
        fc.pre(globs.every((glob) => !glob.endsWith('/**')));
        const root = plant(paths);
        const ignore = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
        const expected = await fastGlob(
          globs.filter((glob) => !glob.startsWith('!')),
          { cwd: root, dot: true, suppressErrors: true, ignore: ignore.flatMap((glob) => [glob, `${glob}/**`]) },
        );
        expect((await listFiles(root, globs)).sort()).to.deep.equal(expected.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('come to an end for globs and names that make others go back and forth', async () => {
    const name = 'a'.repeat(250);
    const root = plant([[name], ['d', name]]);
    for (const glob of [
      `${'*a'.repeat(100)}*b`,
      '+(+(+(a)))b',
      '*(a|aa|*a)b',
      `${'?(a)'.repeat(200)}${'a'.repeat(200)}b`,
      `a!(${'*a'.repeat(50)})b`,
    ]) {
      expect(await listFiles(root, [`**/${glob}`]), glob.slice(0, 20)).to.deep.equal([]);
      expect(walked(root, [glob], [`**/${glob}`])).to.deep.equal([]);
    }
    const deep = plant([Array.from({ length: 200 }, () => 'a')]);
    expect(await listFiles(deep, [`${'**/a/'.repeat(100)}b`])).to.deep.equal([]);
  });
});
