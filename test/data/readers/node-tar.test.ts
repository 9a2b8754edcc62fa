/** The npm package `tar` reads the layers that we write, and we read the archives that it writes. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { create, extract } from 'tar';
import type { Compression } from '../../../shared/archive/format.ts';
import { readManifest } from '../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { gzip, plain, putImage } from '../../support/entry/put-image.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

describe('node-tar', () => {
  let bench: FetchBench;
  let source: string;

  beforeEach(() => {
    bench = newFetchBench();
    source = join(bench.base, 'source');
    fs.mkdirSync(join(source, 'd/deep'), { recursive: true });
    fs.writeFileSync(join(source, 'd/deep', `${'long'.repeat(40)}é.txt`), 'a long name');
    fs.writeFileSync(join(source, 'd/script'), Array.from({ length: 30_000 }, (_, at) => at).join(' '));
    fs.chmodSync(join(source, 'd/script'), 0o755);
    fs.linkSync(join(source, 'd/script'), join(source, 'z-same'));
    fs.symlinkSync('../outside', join(source, 'd/link'));
    fs.mkdirSync(join(source, 'empty'), { mode: 0o700 });
    for (const path of ['d/script', 'd/deep', 'd', 'empty']) fs.utimesSync(join(source, path), 1e9, 1e9);
    for (const name of fs.readdirSync(join(source, 'd/deep'))) fs.utimesSync(join(source, 'd/deep', name), 1e9, 1e9);
    fs.lutimesSync(join(source, 'd/link'), 1e9, 1e9);
  });
  afterEach(() => bench.remove());

  for (const compression of ['zstd', 'gzip'] satisfies Compression[]) {
    it(`unpacks our ${compression} layers to the tree that was stored`, async () => {
      const { store } = bench;
      const upload = { store, reference: 'v1', aliases: [], dir: source, paths: [], exclude: [], force: false };
      await uploadEntry({ ...upload, compression });
      const manifest = readManifest((await store.getManifest('v1'))?.bytes ?? Buffer.alloc(0));
      for (const { descriptor } of manifest?.content ?? []) {
        const file = join(bench.base, 'store/blobs', ...descriptor.digest.split(':'));
        await extract({ file, cwd: bench.target, strict: true, chmod: true, processUmask: 0 });
      }
      // It sets no times of links, and those of directories before it fills them.
      const picture = (root: string) =>
        treePicture(root).map((line) => line.replace(/ (link|directory \d+) \d+/, ' $1'));
      expect(picture(bench.target)).to.deep.equal(picture(source));
    });
  }

  for (const [name, layer] of Object.entries({ plain, gzip })) {
    it(`packs a ${name} layer that we restore exactly`, async () => {
      const tar = await buffer(create({ cwd: source, strict: true }, fs.readdirSync(source)));
      await putImage(bench.store, 'v1', [layer(tar)]);
      expect(await bench.fetch()).to.include({ found: true });
      expect(treePicture(bench.target)).to.deep.equal(treePicture(source));
    });
  }
});
