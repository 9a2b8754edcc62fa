import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { UploadOutcome } from '../../../shared/entry/entry.ts';
import { LiveSums } from '../../../shared/archive/index/live-sums.ts';
import { readLiveTree } from '../../../shared/entry/manifest/live-tree.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import { changeTree, seeded } from '../../support/tree/change-tree.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

const FRAME = 16 * 1024 * 1024;

describe('an upload', function () {
  this.timeout(60_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  it('of names of one file keeps them together when one of them goes or comes', async () => {
    bench.write('a', 'one');
    fs.linkSync(join(bench.dir, 'a'), join(bench.dir, 'b'));
    fs.linkSync(join(bench.dir, 'a'), join(bench.dir, 'c/../d'));
    await bench.settle();
    await bench.upload();
    await bench.settle();
    expect(await bench.upload()).to.include({ reason: 'unchanged' });
    for (const change of [
      () => fs.rmSync(join(bench.dir, 'a')),
      () => fs.linkSync(join(bench.dir, 'd'), join(bench.dir, 'a')),
      () => fs.appendFileSync(join(bench.dir, 'b'), 'more'),
      () => fs.rmSync(join(bench.dir, 'd')),
      () => fs.rmSync(join(bench.dir, 'b')),
    ]) {
      change();
      await bench.upload();
      expectSameTree(await bench.restored(), treePicture(bench.dir));
    }
  });

  it('of names of one file stores those that are chosen, the first of them as a file', async () => {
    bench.write('a', 'one');
    bench.write('d/e', 'two');
    fs.linkSync(join(bench.dir, 'a'), join(bench.dir, 'b'));
    fs.linkSync(join(bench.dir, 'a'), join(bench.dir, 'd/c'));
    await bench.upload();
    await bench.upload({ exclude: ['a'] });
    const lines = (await bench.restored()).map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(lines.slice(0, 2)).to.deep.equal(['b file', 'd directory']);
    expect((await bench.restored()).find((line) => line.startsWith('d/c'))).to.match(/^d\/c another name of b/);
    await bench.upload({ paths: ['d'] });
    expect((await bench.restored()).find((line) => line.startsWith('d/c'))).to.match(/^d\/c file/);
  });

  for (const seed of [1, 2, 3, 4]) {
    it(`after upload follows every change of a tree (seed ${seed})`, async () => {
      const random = seeded(seed);
      const warm = join(bench.base, 'warm');
      fs.mkdirSync(warm);
      for (let round = 0; round < 25; round++) {
        changeTree(bench.dir, random, round === 0 ? 60 : 1 + random(12));
        if (random(6) === 0) fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true, force: true });
        if (fs.readdirSync(bench.dir).filter((name) => name !== '.tekton-cache').length === 0) continue;
        await bench.upload({ evenEmpty: true });
        const picture = treePicture(bench.dir);
        expectSameTree(await bench.restored(), picture, `round ${round}`);
        expectSameTree(await bench.restored(bench.target, warm), picture, `round ${round}, warm`);
        const { content, deltas } = await bench.manifest();
        expect(deltas.length).to.be.at.most(8);
        expect(content.length + deltas.length + 1).to.be.at.most(96);
        await expectExactSums(bench, `round ${round}`);
      }
    });
  }

  it('after upload follows changes to a tree of many files, of which most stay as they are', async () => {
    const random = seeded(5);
    const warm = join(bench.base, 'warm');
    fs.mkdirSync(warm);
    for (let i = 0; i < 3000; i++) bench.write(`m${i % 40}/d${i % 200}/file-with-some-name-${i}`, '');
    for (let round = 0; round < 6; round++) {
      await bench.settle();
      changeTree(bench.dir, random, 3);
      if (round % 3 === 2) fs.rmSync(join(bench.dir, `m${round}`), { recursive: true, force: true });
      await bench.upload();
      const picture = treePicture(bench.dir);
      expectSameTree(await bench.restored(), picture, `round ${round}`);
      expectSameTree(await bench.restored(bench.target, warm), picture, `round ${round}, warm`);
      await expectExactSums(bench, `round ${round}`);
      await bench.settle();
      await bench.upload();
      expect(await bench.upload(), `round ${round}, again`).to.include({ reason: 'unchanged', bytesSent: 0 });
    }
  });

  it('writes all anew when half of what is stored is dead', async () => {
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 8; i++) bench.write(`f${i}`, noise(400_000, round * 10 + i));
      await bench.upload();
    }
    const { content } = await bench.manifest();
    const stored = content.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    expect(stored).to.be.lessThan(8 * 400_000 * 2.5);
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  for (const withRecord of [true, false]) {
    it(`writes only the worst layers anew, and keeps the others (${withRecord ? 'with' : 'without'} a stat cache)`, async () => {
      const change = async (): Promise<UploadOutcome> => {
        await bench.settle();
        if (!withRecord) fs.rmSync(join(bench.dir, '.tekton-cache'), { recursive: true, force: true });
        return bench.upload();
      };
      // Frames of 16 MiB: the first layers stay as they are, of the others a tenth is left.
      for (let i = 0; i < 4; i++) bench.write(`a/stays${i}`, noise(FRAME / 2, i));
      for (let i = 0; i < 40; i++) bench.write(`z/goes${i}`, noise(1_200_000, 100 + i));
      fs.linkSync(join(bench.dir, 'z/goes39'), join(bench.dir, 'z/goes39-too'));
      fs.symlinkSync('goes29', join(bench.dir, 'z/link'));
      await change();
      const before = (await bench.manifest()).content;
      for (let i = 0; i < 40; i++) if (i % 10 !== 9) fs.rmSync(join(bench.dir, `z/goes${i}`));
      await change();
      // Now half is dead: the next change is when it is written anew.
      bench.write('new', 'new');
      const outcome = await change();
      const { content } = await bench.manifest();
      const [stored, live] = [content.reduce((n, { tarSize }) => n + tarSize, 0), 2 * FRAME + 4 * 1_200_000];
      expect(stored, 'bytes of tar').to.be.lessThan(live * 1.4);
      expect(outcome.bytesSent, 'bytes sent').to.be.lessThan(5 * 1_200_000);
      const kept = new Set(content.map(({ descriptor }) => descriptor.digest));
      expect(before.filter(({ descriptor }) => kept.has(descriptor.digest)).length, 'kept').to.be.greaterThan(0);
      expectSameTree(await bench.restored(), treePicture(bench.dir));
      expect(await change()).to.include({ reason: 'unchanged' });
    });
  }

  it('keeps every layer that is in use, whatever a manifest of another writer says of it', async () => {
    const items = ['a', 'b', 'c'].map(
      (path) => ({ path, type: 'file', content: noise(100_000, path.length) }) as const,
    );
    const lie = (manifest: Record<string, unknown>): void => {
      for (const { annotations } of manifest['layers'] as { readonly annotations: Record<string, string> }[])
        if ('cache.tekton.dev/live' in annotations) annotations['cache.tekton.dev/live'] = '0';
    };
    const { store, reference } = openStore(bench.target);
    await putEntry(store, reference, { items, layerItems: 1, lies: { manifest: lie } });
    await bench.restored(bench.target, bench.dir);
    bench.write('new');
    await bench.upload();
    expectSameTree(await bench.restored(), treePicture(bench.dir));
  });

  it('writes no stat cache where it may not', async () => {
    bench.write('a');
    await bench.upload({ readOnly: true });
    expect(fs.existsSync(join(bench.dir, '.tekton-cache'))).to.equal(false);
  });
});

/** What the manifest says of the live tree is what its entries add up to. */
async function expectExactSums(bench: UploadBench, when: string): Promise<void> {
  const manifest = await bench.manifest();
  const tree = await readLiveTree(openStore(bench.target).store, manifest);
  const sums = new LiveSums();
  for (const entry of tree.entries()) sums.add(entry);
  const { files, size, live } = sums;
  expect({ files: manifest.files, size: manifest.size }, when).to.deep.equal({ files, size });
  for (const layer of manifest.content)
    expect(layer.live, `${when}, layer ${layer.id}`).to.equal(live.get(layer.id) ?? 0);
}
