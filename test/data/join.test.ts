import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryJoin, FetchOutcome } from '../../shared/entry/entry.ts';
import { joinEntries } from '../../shared/entry/join/join-entries.ts';
import { uploadEntry } from '../../shared/entry/upload/upload-entry.ts';
import { newFetchBench } from '../support/entry/fetch-bench.ts';
import type { FetchBench } from '../support/entry/fetch-bench.ts';
import { noise } from '../support/entry/upload-bench.ts';
import { treePicture } from '../support/tree/tree-picture.ts';

describe('a join', function () {
  this.timeout(30_000);

  let bench: FetchBench;
  beforeEach(() => (bench = newFetchBench()));
  afterEach(() => bench.remove());

  /** What a task leaves: the entry it starts from restored, something done, and all of it uploaded. */
  async function task(name: string, from: string | undefined, work: (dir: string) => void): Promise<void> {
    const dir = fs.mkdtempSync(join(bench.base, 'task-'));
    if (from !== undefined) await bench.fetch({ dir, reference: from });
    work(dir);
    await uploadEntry({
      store: bench.store,
      reference: name,
      dir,
      paths: [],
      exclude: [],
      aliases: [],
      force: false,
      evenEmpty: true,
    });
  }

  async function joined(
    nodes: readonly (readonly [string[], number[]])[],
    base: readonly string[] = [],
  ): Promise<FetchOutcome> {
    const { store, target } = bench;
    const request: EntryJoin = {
      dir: target,
      paths: [],
      exclude: [],
      clean: false,
      nodes: nodes.map(([names, after]) => ({ parts: names.map((reference) => ({ store, reference })), after })),
      base: base.map((reference) => ({ store, reference })),
    };
    return await joinEntries(request);
  }

  const write = (dir: string, path: string, content: string): void => {
    fs.mkdirSync(join(dir, path, '..'), { recursive: true });
    fs.writeFileSync(join(dir, path), content);
  };
  const read = (path: string): string => fs.readFileSync(join(bench.target, path), 'utf8');
  const names = (): string[] => treePicture(bench.target).map((line) => line.split(' ')[0] ?? '');
  const notes = (outcome: FetchOutcome): string => (outcome.found ? outcome.notes.join('\n') : '');

  it('holds what either branch made, changed and removed', async () => {
    await task('start', undefined, (dir) => {
      write(dir, 'kept', '0');
      write(dir, 'changed', '0');
      write(dir, 'removed/one', '0');
    });
    await task('left', 'start', (dir) => {
      write(dir, 'left', '1');
      write(dir, 'changed', 'left');
    });
    await task('right', 'start', (dir) => {
      write(dir, 'right', '2');
      fs.rmSync(join(dir, 'removed'), { recursive: true });
    });
    const outcome = await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    expect(names()).to.deep.equal(['changed', 'kept', 'left', 'right']);
    expect([read('changed'), read('left'), read('right')]).to.deep.equal(['left', '1', '2']);
    expect(notes(outcome)).to.equal('');
  });

  it('takes the later of two changes, and names the path', async () => {
    await task('start', undefined, (dir) => write(dir, 'both', '0'));
    await task('left', 'start', (dir) => write(dir, 'both', 'left'));
    await task('right', 'start', (dir) => write(dir, 'both', 'right'));
    const outcome = await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    expect(read('both')).to.equal('right');
    expect(notes(outcome)).to.contain('1 paths were changed by two tasks').and.contain('"both"');
  });

  it('keeps a directory that one branch removed and the other wrote into', async () => {
    await task('start', undefined, (dir) => write(dir, 'd/e/old', '0'));
    await task('left', 'start', (dir) => fs.rmSync(join(dir, 'd'), { recursive: true }));
    await task('right', 'start', (dir) => write(dir, 'd/e/new', '1'));
    await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    expect(names()).to.deep.equal(['d', 'd/e', 'd/e/new']);
  });

  it('has nothing below a directory that became a file', async () => {
    await task('start', undefined, (dir) => write(dir, 'd/old', '0'));
    await task('left', 'start', (dir) => write(dir, 'd/new', '1'));
    await task('right', 'start', (dir) => {
      fs.rmSync(join(dir, 'd'), { recursive: true });
      write(dir, 'd', 'a file now');
    });
    await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    expect(names()).to.deep.equal(['d']);
    expect(read('d')).to.equal('a file now');
  });

  it('takes what a failed branch started from, and the base where nobody wrote', async () => {
    await task('base', undefined, (dir) => write(dir, 'base', '0'));
    await task('left', 'base', (dir) => write(dir, 'left', '1'));
    await joined(
      [
        [['left'], []],
        [['never-ran'], []],
      ],
      ['nowhere', 'base'],
    );
    expect(names()).to.deep.equal(['base', 'left']);
  });

  it('is a miss where nobody left anything', async () => {
    expect(
      await joined([
        [['a'], []],
        [['b'], []],
      ]),
    ).to.deep.equal({ found: false });
  });

  it('keeps hard links together, and frees one whose file another branch has changed', async () => {
    await task('start', undefined, (dir) => {
      write(dir, 'same', 'content');
      write(dir, 'other', 'content 2');
      fs.linkSync(join(dir, 'same'), join(dir, 'same-too'));
      fs.linkSync(join(dir, 'other'), join(dir, 'other-too'));
    });
    await task('left', 'start', (dir) => write(dir, 'left', '1'));
    await task('right', 'start', (dir) => {
      fs.rmSync(join(dir, 'other'));
      write(dir, 'other', 'changed');
    });
    await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    const inode = (path: string): number => fs.statSync(join(bench.target, path)).ino;
    expect(inode('same')).to.equal(inode('same-too'));
    expect([read('other'), read('other-too')]).to.deep.equal(['changed', 'content 2']);
  });

  describe('of trees with hard links', () => {
    const inode = (path: string): number => fs.statSync(join(bench.target, path)).ino;
    /** Two branches side by side, each from `start`. */
    async function join2(left: (dir: string) => void, right: (dir: string) => void): Promise<FetchOutcome> {
      await task('left', 'start', left);
      await task('right', 'start', right);
      return await joined([
        [['start'], []],
        [['left'], [0]],
        [['right'], [0]],
      ]);
    }

    it('keeps a further name that a branch gave to a file that all have', async () => {
      await task('start', undefined, (dir) => write(dir, 'file', 'content'));
      await join2(
        (dir) => fs.linkSync(join(dir, 'file'), join(dir, 'name')),
        (dir) => write(dir, 'right', '1'),
      );
      expect([read('name'), inode('name')]).to.deep.equal(['content', inode('file')]);
    });

    it('takes what a branch changed in a file under all its names', async () => {
      await task('start', undefined, (dir) => {
        write(dir, 'file', 'content');
        fs.linkSync(join(dir, 'file'), join(dir, 'name'));
      });
      await join2(
        (dir) => fs.writeFileSync(join(dir, 'name'), 'changed in place'),
        (dir) => write(dir, 'right', '1'),
      );
      expect([read('file'), read('name')]).to.deep.equal(['changed in place', 'changed in place']);
      expect(inode('name')).to.equal(inode('file'));
    });

    it('takes what one branch changed in a file that another one gave a name before it', async () => {
      await task('start', undefined, (dir) => write(dir, 'file', 'content'));
      const outcome = await join2(
        (dir) => write(dir, 'file', 'changed'),
        (dir) => fs.linkSync(join(dir, 'file'), join(dir, 'a-name')),
      );
      expect([read('file'), read('a-name')]).to.deep.equal(['changed', 'content']);
      expect(notes(outcome)).not.to.match(/changed by two/);
    });

    it('keeps a name before it that a branch gave to a file that all have', async () => {
      await task('start', undefined, (dir) => write(dir, 'file', 'content'));
      await join2(
        (dir) => write(dir, 'left', '1'),
        (dir) => fs.linkSync(join(dir, 'file'), join(dir, 'a-name')),
      );
      expect([read('a-name'), inode('a-name')]).to.deep.equal(['content', inode('file')]);
    });

    it('makes a file of its own of a name that one branch gave to what another one changed, wherever that lies', async () => {
      // Each more than half of a frame, so that the two are in different ones.
      const [one, two] = [1, 2].map((seed) => noise(9 * 1024 * 1024, seed));
      await task('start', undefined, (dir) => {
        fs.writeFileSync(join(dir, 'a'), one!);
        fs.writeFileSync(join(dir, 'b'), two!);
      });
      const outcome = await join2(
        (dir) => {
          fs.linkSync(join(dir, 'b'), join(dir, 'y'));
          fs.linkSync(join(dir, 'a'), join(dir, 'z'));
        },
        (dir) => {
          write(dir, 'a', 'changed');
          write(dir, 'b', 'changed, too');
        },
      );
      expect([read('a'), read('b')]).to.deep.equal(['changed', 'changed, too']);
      expect(fs.readFileSync(join(bench.target, 'y')).equals(two!), 'y').to.equal(true);
      expect(fs.readFileSync(join(bench.target, 'z')).equals(one!), 'z').to.equal(true);
      expect(notes(outcome)).not.to.match(/changed by two/);
    });
  });

  it('receives layers that branches share once', async () => {
    const big = 'x'.repeat(10) + String(process.hrtime.bigint()).repeat(2000);
    await task('start', undefined, (dir) => write(dir, 'big', big));
    await task('left', 'start', (dir) => write(dir, 'left', '1'));
    await task('right', 'start', (dir) => write(dir, 'right', '1'));
    const outcome = await joined([
      [['start'], []],
      [['left'], [0]],
      [['right'], [0]],
    ]);
    const alone = await bench.fetch({ reference: 'start', dir: fs.mkdtempSync(join(bench.base, 'alone-')) });
    if (!outcome.found || !alone.found) throw new Error('not found');
    expect(outcome.size).to.equal(alone.size + 2);
    expect(outcome.bytesReceived).to.be.lessThan(alone.bytesReceived + 3000);
  });
});
