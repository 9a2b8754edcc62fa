/** Other tools put an index over an entry: `docker buildx imagetools create`, `oras manifest index create`, `crane index append`. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { joinEntries } from '../../../shared/entry/join/join-entries.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import type { UploadOutcome } from '../../../shared/entry/entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { OCI, putJson } from '../../support/entry/put-image.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const MIB = 1024 * 1024;

describe('an entry behind an index', () => {
  let bench: FetchBench;
  let source: string;

  beforeEach(async () => {
    bench = newFetchBench();
    source = join(bench.base, 'source');
    fs.mkdirSync(join(source, 'd'), { recursive: true });
    fs.writeFileSync(join(source, 'd/random'), randomBytes(2 * MIB));
    fs.writeFileSync(join(source, 'd/log'), Buffer.alloc(100 * MIB, 'one line of a log, again and again\n'));
    // An ordinary image has such a name in another form.
    fs.writeFileSync(join(source, '.wh.file'), 'no whiteout');
    await upload('entry', { paths: ['d', '.wh.file'] });
    await cover('entry', 'v1');
  });
  afterEach(() => bench.remove());

  const upload = (reference: string, more: { readonly paths?: readonly string[] } = {}): Promise<UploadOutcome> =>
    uploadEntry({
      store: bench.store,
      reference,
      dir: source,
      paths: [],
      exclude: [],
      aliases: [],
      force: false,
      ...more,
    });

  async function cover(reference: string, tag: string): Promise<void> {
    const inner = await bench.store.headManifest(reference);
    const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
    const manifests = [{ ...inner, platform }];
    await putJson(bench.store, tag, OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests });
  }

  it('is fetched as the entry, and again without a byte', async () => {
    const digest = (await bench.store.headManifest('v1'))?.digest;
    expect(await bench.fetch()).to.include({ found: true, digest });
    expectSameTree(treePicture(bench.target), treePicture(source));
    expect(await bench.fetch()).to.include({ found: true, digest, bytesReceived: 0 });
  });

  it('is no hit for other paths than its own', async () => {
    expect(await bench.fetch({ paths: ['other'] })).to.deep.equal({ found: false, otherPaths: true });
  });

  it('is what the next upload builds upon', async () => {
    const paths = ['d', '.wh.file'];
    expect(await upload('v1', { paths })).to.include({ uploaded: false, reason: 'unchanged' });
    fs.writeFileSync(join(source, 'd/new'), 'new');
    const { uploaded, bytesSent } = await upload('v1', { paths });
    expect(uploaded).to.equal(true);
    expect(bytesSent).to.be.below(MIB);
    await bench.fetch();
    expectSameTree(treePicture(bench.target), treePicture(source));
  });

  it('is joined with others', async () => {
    const { store } = bench;
    const nodes = [{ parts: [{ store, reference: 'v1' }], after: [] }];
    const directory = { dir: bench.target, paths: [], exclude: [], clean: false };
    expect(await joinEntries({ nodes, base: [], ...directory })).to.include({ found: true });
    expectSameTree(treePicture(bench.target), treePicture(source));
  });
});
