import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { BuildOptions } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import { codeOf } from '../../support/code-of.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { received, useFetchBench } from './ground.ts';
import { dir, file, ITEMS, link } from './items.ts';

/** A workspace that holds what a failed fetch notes for the next upload, and nothing else. */
function expectOnlyNote(dir: string): void {
  expect(fs.readdirSync(dir)).to.deep.equal(['.tekton-cache']);
  const own = fs.readdirSync(join(dir, '.tekton-cache')).filter((name) => name !== '.gitignore');
  expect(own).to.deep.equal(['broken']);
}

describe('a fetch', function () {
  this.timeout(30_000);

  const bench = useFetchBench();

  const SHAPES: Readonly<Record<string, Partial<BuildOptions>>> = {
    'one frame': {},
    'small frames, and files over several': { frameBytes: 64 * 512 },
    'frames of one block': { frameBytes: 2048 },
    'several layers': { layerItems: 3, frameBytes: 4096 },
    gzip: { compression: 'gzip', frameBytes: 64 * 512 },
  };
  for (const [name, shape] of Object.entries(SHAPES)) {
    it(`restores what was stored: ${name}`, async () => {
      const { digest } = await bench.put({ items: ITEMS, ...shape });
      const outcome = await bench.fetch();
      expect(outcome).to.include({ found: true, digest, files: ITEMS.length });
      expect(treePicture(bench.target)).to.deep.equal(itemsPicture(ITEMS));
      expect(
        fs
          .readdirSync(join(bench.target, '.tekton-cache'))
          .filter((name) => !/^(record|index-|\.gitignore)/.test(name)),
      ).to.deep.equal([]);
    });
  }

  it('makes the directory when it is not there, and takes it away again when it fails', async () => {
    const dir = join(bench.target, 'not/there');
    await bench.put({ items: ITEMS });
    const limits = { maxFiles: 1 };
    expect(codeOf(await bench.fetch({ dir, limits }).catch((error: unknown) => error))).to.equal('TooLarge');
    expect(fs.readdirSync(bench.target)).to.deep.equal([]);
    await bench.put({ items: ITEMS });
    await bench.fetch({ dir });
    expect(treePicture(dir)).to.deep.equal(itemsPicture(ITEMS));
  });

  it('leaves nothing of a broken entry but the note that no upload is to build upon it', async () => {
    const dir = join(bench.target, 'not/there');
    await bench.put({ items: ITEMS, lies: { frame: (frame) => Buffer.alloc(frame.length) } });
    expect(codeOf(await bench.fetch({ dir }).catch((error: unknown) => error))).to.equal('InvalidImage');
    expectOnlyNote(dir);
    await bench.put({ items: ITEMS });
    await bench.fetch({ dir });
    expect(treePicture(dir)).to.deep.equal(itemsPicture(ITEMS));
  });

  it('is a miss without the tag, and without one of the blobs', async () => {
    expect(await bench.fetch()).to.deep.equal({ found: false });
    await bench.put({ items: ITEMS, layerItems: 3 });
    const { bytes } = (await bench.store.getManifest('v1'))!;
    const layer = /"digest":"sha256:([0-9a-f]{64})","size":\d+,"annotations":\{"cache.tekton.dev\/role":"content"/.exec(
      Buffer.from(bytes).toString(),
    );
    fs.rmSync(join(bench.base, 'store/blobs/sha256', layer![1]!));
    expect(await bench.fetch()).to.deep.equal({ found: false, lost: `layer sha256:${layer![1]!}` });
    expectOnlyNote(bench.target);
  });

  describe('of a file with two names', () => {
    const LINKED: readonly Item[] = [
      dir('d'),
      file('d/x', 'of the entry'),
      dir('e'),
      { path: 'e/x', type: 'hardlink', target: 'd/x' },
      { path: 'e/y', type: 'hardlink', target: 'd/x' },
    ];
    const workspaces: Readonly<Record<string, () => void>> = {
      'a link to the directory of the other name': () => {
        fs.mkdirSync(join(bench.target, 'e'));
        for (const name of ['x', 'y']) fs.writeFileSync(join(bench.target, 'e', name), 'another---');
        fs.symlinkSync('e', join(bench.target, 'd'));
      },
      'the same, with names of one file': () => {
        fs.mkdirSync(join(bench.target, 'e'));
        fs.writeFileSync(join(bench.target, 'e/x'), 'another---');
        fs.linkSync(join(bench.target, 'e/x'), join(bench.target, 'e/y'));
        fs.symlinkSync('e', join(bench.target, 'd'));
      },
      'a file where the directory of the first name was': () => {
        fs.mkdirSync(join(bench.target, 'e'));
        for (const name of ['x', 'y']) fs.writeFileSync(join(bench.target, 'e', name), 'another---');
        fs.writeFileSync(join(bench.target, 'd'), 'a file');
      },
      'a link to a file where the directory of the first name was': () => {
        fs.mkdirSync(join(bench.target, 'e'));
        fs.writeFileSync(join(bench.target, 'e/x'), 'another---');
        fs.symlinkSync('e/x', join(bench.target, 'd'));
      },
      'both names, of another file': () => {
        fs.mkdirSync(join(bench.target, 'd'));
        fs.mkdirSync(join(bench.target, 'e'));
        fs.writeFileSync(join(bench.target, 'd/x'), 'other entry!');
        for (const name of ['x', 'y']) fs.linkSync(join(bench.target, 'd/x'), join(bench.target, 'e', name));
      },
    };
    for (const [name, make] of Object.entries(workspaces)) {
      it(`is the entry's, where there was ${name}`, async () => {
        await bench.put({ items: LINKED });
        make();
        await bench.fetch();
        expect(treePicture(bench.target)).to.deep.equal(itemsPicture(LINKED));
        const inode = fs.statSync(join(bench.target, 'd/x')).ino;
        fs.rmSync(join(bench.target, '.tekton-cache'), { recursive: true });
        await bench.fetch();
        expect(fs.statSync(join(bench.target, 'd/x')).ino, 'and stays').to.equal(inode);
      });
    }

    it('is refused when only one is wanted: a file of that name could hold anything', async () => {
      await bench.put({ items: LINKED });
      fs.mkdirSync(join(bench.target, 'd'));
      fs.writeFileSync(join(bench.target, 'd/x'), 'a file of mine');
      expect(codeOf(await bench.fetch({ exclude: ['d/x'] }).catch((error: unknown) => error))).to.equal('Unwritable');
    });
  });

  it('turns any type into any other', async () => {
    const types: readonly ((path: string) => readonly Item[])[] = [
      (path) => [file(path, 'file')],
      (path) => [dir(path), file(`${path}/child`, 'child')],
      (path) => [link(path, 'elsewhere')],
      (path) => [file('0', 'first name'), { path, type: 'hardlink', target: '0' }],
      () => [],
    ];
    for (const [i, from] of types.entries()) {
      for (const [j, to] of types.entries()) {
        if (i === j) continue;
        const items = [dir('d'), ...to('x')];
        await bench.put({ items: [dir('d'), ...from('x')] });
        await bench.fetch({ clean: true });
        await bench.put({ items });
        await bench.fetch({ clean: true });
        expect(treePicture(bench.target), `${i} to ${j}`).to.deep.equal(itemsPicture(items));
      }
    }
  });

  it('restores hard links that were broken up, and breaks up none that are right', async () => {
    const items = [
      file('a', 'one inode'),
      { path: 'b', type: 'hardlink', target: 'a' },
      { path: 'c', type: 'hardlink', target: 'a' },
    ] as const;
    await bench.put({ items });
    await bench.fetch();
    const inode = fs.statSync(join(bench.target, 'a')).ino;
    fs.rmSync(join(bench.target, 'b'));
    fs.writeFileSync(join(bench.target, 'b'), 'one inode');
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
    expect(fs.statSync(join(bench.target, 'a')).ino).to.equal(inode);
    fs.rmSync(join(bench.target, 'a'));
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
  });

  it('breaks up hard links that the entry does not have', async () => {
    const items = [file('a', 'same', { mtimeSec: 1_000_000_000 }), file('b', 'same', { mtimeSec: 1_500_000_000 })];
    await bench.put({ items });
    fs.writeFileSync(join(bench.target, 'a'), 'same');
    fs.linkSync(join(bench.target, 'a'), join(bench.target, 'b'));
    for (let round = 0; round < 2; round++) {
      await bench.fetch();
      expect(treePicture(bench.target), `round ${round}`).to.deep.equal(itemsPicture(items));
    }
  });

  it('keeps what the entry does not have, unless told to clean', async () => {
    await bench.put({ items: ITEMS });
    await bench.fetch();
    fs.mkdirSync(join(bench.target, 'a/more/deep'), { recursive: true });
    fs.writeFileSync(join(bench.target, 'a/more/deep/file'), '');
    fs.writeFileSync(join(bench.target, 'extra'), '');
    await bench.fetch();
    expect(
      fs.existsSync(join(bench.target, 'a/more/deep/file')) && fs.existsSync(join(bench.target, 'extra')),
    ).to.equal(true);
    await bench.fetch({ clean: true });
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(ITEMS));
  });

  it('never touches what is excluded', async () => {
    fs.mkdirSync(join(bench.target, 'gone/logs'), { recursive: true });
    fs.writeFileSync(join(bench.target, 'gone/logs/x.log'), 'mine');
    fs.writeFileSync(join(bench.target, 'gone/file'), "not the entry's");
    fs.writeFileSync(join(bench.target, 'late'), 'mine, too');
    await bench.put({ items: ITEMS });
    const outcome = await bench.fetch({ clean: true, exclude: ['**/*.log', 'late'] });
    expect(fs.readFileSync(join(bench.target, 'gone/logs/x.log'), 'utf8')).to.equal('mine');
    expect(fs.readFileSync(join(bench.target, 'late'), 'utf8')).to.equal('mine, too');
    expect(fs.existsSync(join(bench.target, 'gone/file'))).to.equal(false);
    expect(outcome.found && outcome.notes.join()).to.match(/1 paths of the entry are outside/);
  });

  it('never touches what is excluded beside what a `!` brings back', async () => {
    const exclude = ['**/*.log', '!**/keep.log'];
    fs.mkdirSync(join(bench.target, 'gone'));
    fs.writeFileSync(join(bench.target, 'gone/x.log'), 'mine');
    fs.writeFileSync(join(bench.target, 'gone/keep.log'), "not the entry's");
    await bench.put({ items: ITEMS });
    await bench.fetch({ clean: true, exclude });
    expect(fs.readdirSync(join(bench.target, 'gone'))).to.deep.equal(['x.log']);
    await bench.put({ items: [file('gone', Buffer.from('a file now'))] });
    expect(codeOf(await bench.fetch({ exclude }).catch((error: unknown) => error))).to.equal('Unwritable');
    expect(fs.readFileSync(join(bench.target, 'gone/x.log'), 'utf8')).to.equal('mine');
  });

  it('punches holes where content is zero', async () => {
    const content = Buffer.alloc(4 * 1024 * 1024);
    content.write('data', 2 * 1024 * 1024);
    await bench.put({
      items: [file('sparse', content), file('all-zero', Buffer.alloc(1024 * 1024))],
      frameBytes: 1024 * 1024,
    });
    await bench.fetch();
    expect(fs.readFileSync(join(bench.target, 'sparse')).equals(content)).to.equal(true);
    expect(fs.statSync(join(bench.target, 'sparse')).blocks * 512).to.be.lessThan(256 * 1024);
    expect(fs.statSync(join(bench.target, 'all-zero'))).to.include({ size: 1024 * 1024 });
  });

  it('stops when it is told to, and leaves the directory as it was', async () => {
    fs.writeFileSync(join(bench.target, 'mine'), 'stays');
    fs.utimesSync(bench.target, 1e9, 1e9);
    await bench.put({ items: ITEMS, frameBytes: 2048 });
    const controller = new AbortController();
    const fetching = bench.fetch({ signal: controller.signal, progress: () => controller.abort() });
    expect(codeOf(await fetching.catch((error: unknown) => error))).to.equal('Cancelled');
    expect(fs.readdirSync(bench.target)).to.deep.equal(['mine']);
    expect(fs.statSync(bench.target).mtimeMs).to.equal(1e12);
  });

  it('says that the directory cannot be written', async () => {
    await bench.put({ items: ITEMS });
    fs.writeFileSync(join(bench.target, 'file'), '');
    const error = await bench.fetch({ dir: join(bench.target, 'file') }).catch((caught: unknown) => caught);
    expect(codeOf(error)).to.equal('Unwritable');
  });

  it('restores an entry for two at once, one after the other', async () => {
    await bench.put({ items: ITEMS, frameBytes: 4096 });
    const outcomes = await Promise.all([bench.fetch(), bench.fetch(), bench.fetch()]);
    expect(outcomes.filter((outcome) => received(outcome) > 0)).to.have.length(1);
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(ITEMS));
  });
});
