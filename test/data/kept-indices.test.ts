import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { expectSameTree } from '../support/tree/same-tree.ts';
import { treePicture } from '../support/tree/tree-picture.ts';
import { newUploadBench, noise, type UploadBench } from '../support/entry/upload-bench.ts';

describe('the index blobs that a workspace keeps', function () {
  this.timeout(60_000);
  let bench: UploadBench;
  let warm: string;
  let number = 0;

  beforeEach(async () => {
    bench = newUploadBench();
    warm = fs.mkdtempSync(join(bench.base, 'warm-'));
    for (let i = 0; i < 2000; i++) bench.write(`d${i % 50}/f${i}`, noise(20, i));
    await bench.settle();
    await bench.upload();
  });
  afterEach(() => bench.remove());

  const fetch = async (dir = warm): Promise<number> => {
    const { store, reference } = openStore(bench.target);
    const outcome = await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true });
    expectSameTree(treePicture(dir), treePicture(bench.dir));
    return outcome.found ? outcome.bytesReceived : -1;
  };
  const kept = (dir = warm): string[] =>
    fs
      .readdirSync(join(dir, '.tekton-cache'))
      .filter((name) => name.startsWith('index-'))
      .toSorted();
  const change = async (): Promise<void> => {
    bench.write(`new${++number}`, noise(100, 0));
    await bench.settle();
    await bench.upload();
  };

  it('are not fetched again: what is new comes alone', async () => {
    await fetch();
    await change();
    const { index, deltas } = await bench.manifest();
    expect(await fetch()).to.be.lessThan(index.size / 10);
    const digests = [index, ...deltas].map(({ digest }) => digest.slice('sha256:'.length));
    expect(kept().map((name) => name.split('-')[2])).to.have.members(digests);
  });

  it('are those of its own uploads, too', async () => {
    const base = (await bench.manifest()).index;
    fs.cpSync(bench.dir, warm, { recursive: true, preserveTimestamps: true });
    await change();
    expect(await fetch()).to.be.lessThan(base.size / 10);
  });

  it("are the last entry's alone, and half ones go", async () => {
    await fetch();
    const [first = ''] = kept();
    fs.writeFileSync(join(warm, '.tekton-cache', `${first}.999`), 'half');
    await change();
    await fetch();
    expect(kept().filter((name) => name.includes('.'))).to.deep.equal([]);
    expect(kept()).to.have.length(2);
  });

  it('leave nothing half behind in a workspace whose upload was killed before it had its stat cache', async () => {
    const state = join(bench.dir, '.tekton-cache');
    const [name = ''] = kept(bench.dir);
    fs.renameSync(join(state, name), join(state, `${name}.999`));
    for (const found of fs.readdirSync(state)) if (found.startsWith('record-')) fs.rmSync(join(state, found));
    expect(await bench.upload()).to.include({ reason: 'unchanged' });
    expect(kept(bench.dir)).to.deep.equal([]);
  });

  it('are believed by their digests only', async () => {
    await fetch();
    await change();
    const [name = ''] = kept();
    const path = join(warm, '.tekton-cache', name);
    const bytes = fs.readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    fs.writeFileSync(path, bytes);
    const { index } = await bench.manifest();
    expect(await fetch()).to.be.greaterThan(index.size);
    expect(fs.statSync(path).size).to.equal(index.size);
    await change();
    expect(await fetch()).to.be.lessThan(index.size / 10);
  });
});
