import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { BlobSource, Descriptor, Store } from '../../../shared/store/store.ts';
import { codeOf } from '../../support/code-of.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const FRAME = 16 * 1024 * 1024;

/** A store that has to know a blob's digest before it sends it, as registries do that take blobs in one piece only. */
class TwiceReadingStore implements Store {
  readonly name = 'a store that reads twice';
  readonly #store: Store;
  readonly #betweenPasses: () => void;
  passes = 0;

  constructor(store: Store, betweenPasses: () => void = () => undefined) {
    this.#store = store;
    this.#betweenPasses = betweenPasses;
  }

  async writeBlob(mediaType: string, source: BlobSource, signal?: AbortSignal): Promise<Descriptor> {
    await source(() => Promise.resolve());
    this.#betweenPasses();
    this.passes += 2;
    return this.#store.writeBlob(mediaType, source, signal);
  }

  headManifest: Store['headManifest'] = (...args) => this.#store.headManifest(...args);
  getManifest: Store['getManifest'] = (...args) => this.#store.getManifest(...args);
  putManifest: Store['putManifest'] = (...args) => this.#store.putManifest(...args);
  hasBlob: Store['hasBlob'] = (...args) => this.#store.hasBlob(...args);
  readBlob: Store['readBlob'] = (...args) => this.#store.readBlob(...args);
  putBlob: Store['putBlob'] = (...args) => this.#store.putBlob(...args);
  mountBlob: Store['mountBlob'] = (...args) => this.#store.mountBlob(...args);
  close: Store['close'] = () => this.#store.close();
}

describe('an upload to a registry that takes a blob in one piece', function () {
  this.timeout(60_000);
  let base: string;
  let dir: string;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'twice-'));
    dir = join(base, 'workspace');
    fs.mkdirSync(dir);
    const large = Buffer.alloc(2.2 * FRAME);
    for (let i = 0; i < large.length; i += 499) large[i] = (i * i) % 251;
    fs.writeFileSync(join(dir, 'large'), large);
    fs.writeFileSync(join(dir, 'small'), 'small');
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const request = { paths: [], exclude: [] };

  it('reads large files twice, and gives the same bytes', async () => {
    const { store, reference } = openStore(`oci:${join(base, 'layout')}:cache`);
    const twice = new TwiceReadingStore(store);
    await uploadEntry({ ...request, dir, store: twice, reference, aliases: [], force: false });
    expect(twice.passes).to.equal(2);
    const into = join(base, 'out');
    fs.mkdirSync(into);
    await fetchEntry({ ...request, dir: into, store, reference, clean: false });
    expectSameTree(treePicture(into), treePicture(dir));
  });

  it('ends without an entry when a file is another one at the second reading', async () => {
    const { store, reference } = openStore(`oci:${join(base, 'layout')}:cache`);
    const twice = new TwiceReadingStore(store, () => fs.appendFileSync(join(dir, 'large'), 'more'));
    const work = uploadEntry({ ...request, dir, store: twice, reference, aliases: [], force: false });
    expect(await work.then(() => 'no error', codeOf)).to.equal('Unreadable');
    expect(await store.getManifest(reference)).to.equal(undefined);
  });
});
