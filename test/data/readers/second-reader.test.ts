/** Our reader and one in Python, written from docs/format.md alone, see the same tree in every entry. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Compression } from '../../../shared/archive/format.ts';
import type { TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';
import { readLiveTree } from '../../../shared/entry/manifest/live-tree.ts';
import { readManifest } from '../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';

const READER = fileURLToPath(new URL('read_index.py', import.meta.url));
/** A further tree to try, such as a real node_modules. */
const CORPUS = process.env['CORPUS'];

function line(entry: TreeEntry): unknown[] {
  const { path, type, mode, mtimeSec, mtimeNs, layer, frame, offset } = entry;
  const place = [layer, frame, offset];
  if (entry.type === 'file') return [path, type, mode, mtimeSec, mtimeNs, entry.size, entry.digest, ...place];
  if (entry.type === 'directory') return [path, type, mode, mtimeSec, mtimeNs, ...place];
  return [path, type, mode, mtimeSec, mtimeNs, entry.target, ...place];
}

describe('a second reader', function () {
  this.timeout(120_000);
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  const upload = (dir: string, compression: Compression) =>
    uploadEntry({
      store: bench.store,
      reference: 'v1',
      aliases: [],
      dir,
      paths: [],
      exclude: [],
      force: false,
      compression,
    });

  async function agree(): Promise<number> {
    const stored = await bench.store.getManifest('v1');
    const manifest = readManifest(stored!.bytes);
    const tree = await readLiveTree(bench.store, manifest!);
    const ours = [...tree.entries()].map(line);
    const options = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
    const theirs = execFileSync('python3', [READER, join(bench.base, 'store'), 'v1'], options);
    expect(
      theirs
        .split('\n')
        .filter(Boolean)
        .map((text): unknown => JSON.parse(text)),
    ).to.deep.equal(ours);
    return manifest!.deltas.length;
  }

  for (const compression of ['zstd', 'gzip'] as const) {
    it(`agrees after every change, ${compression}`, async () => {
      const at = (path: string): string => join(bench.target, path);
      fs.mkdirSync(at('d/deep'), { recursive: true });
      for (let i = 0; i < 300; i++) fs.writeFileSync(at(`d/deep/${'n'.repeat(i % 90)}${i}`), `content ${i}`);
      fs.writeFileSync(Buffer.from(`${bench.target}/\xff\n"`, 'latin1'), 'not UTF-8');
      fs.writeFileSync(at('d.sorts'), Buffer.alloc(20_000_000, 'large'));
      fs.linkSync(at('d/deep/0'), at('z-link'));
      fs.symlinkSync('/nowhere\n', at('link'));
      fs.utimesSync(at('d.sorts'), 1e9, -1.5);
      await upload(bench.target, compression);
      expect(await agree()).to.equal(0);

      fs.rmSync(at('d/deep'), { recursive: true });
      fs.writeFileSync(at('d/deep'), 'a file now');
      await upload(bench.target, compression);
      expect(await agree()).to.equal(1);

      fs.rmSync(at('link'));
      fs.mkdirSync(at('link'));
      fs.writeFileSync(at('link/.wh.inside'), 'new');
      fs.chmodSync(at('d'), 0o1777);
      await upload(bench.target, compression);
      expect(await agree()).to.equal(2);
    });
  }

  it('agrees about a corpus', async function () {
    if (CORPUS === undefined) this.skip();
    await upload(CORPUS, 'zstd');
    await agree();
  });
});
