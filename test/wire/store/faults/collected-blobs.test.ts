import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { fetchEntry } from '../../../../shared/entry/fetch/fetch-entry.ts';
import { readManifest } from '../../../../shared/entry/manifest/manifest.ts';
import type { EntryManifest } from '../../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../../shared/entry/upload/upload-entry.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { newTransfer } from '../../../../shared/store/transfer.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { expectSameTree } from '../../../support/tree/same-tree.ts';
import { treePicture } from '../../../support/tree/tree-picture.ts';
import { FaultBench, MANIFESTS, MIB, UPLOADS } from '../fault-bench.ts';

const TAG = 'v1';
/** Index, config and manifest of these entries, all together. */
const SMALL = 64 * 1024;

describe('an upload of which the registry collects blobs before it has the manifest', () => {
  const bench = new FaultBench().install();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let dir: string;
  let store: Store;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    dir = join(directory.path, 'workspace');
    fs.mkdirSync(dir);
    store = bench.open();
  });
  afterEach(() => directory.remove());

  const write = (path: string, mebibytes: number): void =>
    fs.writeFileSync(join(dir, path), randomBytes(mebibytes * MIB));

  /** Bytes that went over the wire. */
  const upload = async (): Promise<number> => {
    Object.assign(bench.transfer, newTransfer());
    bench.proxy.received.length = 0;
    const request = { dir, store, reference: TAG, paths: [], exclude: [], aliases: [], force: false };
    expect(await uploadEntry(request)).to.include({ uploaded: true, reason: 'pushed' });
    return bench.transfer.bytesSent;
  };

  const manifest = async (): Promise<EntryManifest> => {
    const read = readManifest((await store.getManifest(TAG))?.bytes ?? new Uint8Array());
    if (read === undefined) throw new Error('no entry');
    return read;
  };

  const expectWhole = async (): Promise<void> => {
    const into = join(directory.path, 'fetched');
    fs.mkdirSync(into);
    await fetchEntry({ dir: into, store, reference: TAG, paths: [], exclude: [], clean: false });
    expectSameTree(treePicture(into), treePicture(dir));
  };

  const collect = async (digest: string): Promise<void> => {
    const repository = store.name.split('/')[1] ?? '';
    const url = `http://${bench.registry.host}/v2/${repository}/blobs/${digest}`;
    expect((await fetch(url, { method: 'DELETE' })).status).to.equal(202);
  };

  /** When the manifest comes the registry has lost what it was sent last, or `digests`. */
  const collectBeforeManifest = (...digests: readonly string[]): void => {
    const happens = async (): Promise<void> => {
      for (const digest of digests.length > 0 ? digests : [sentFirst()]) await collect(digest);
    };
    bench.proxy.on('PUT', MANIFESTS, { kind: 'meanwhile', happens });
  };

  /** Digest of the first blob of this upload. */
  const sentFirst = (): string => {
    const commit = bench.proxy.received.find(({ method, url }) => method === 'PUT' && UPLOADS.test(url));
    return new URL(commit?.url ?? '', 'http://registry').searchParams.get('digest') ?? '';
  };

  for (const [what, mebibytes] of [
    ['a layer of one frame', 5],
    ['a layer of many', 40],
  ] as const) {
    it(`packs ${what} again that was sent, and nothing else`, async () => {
      write('kept', 3);
      await upload();
      write('file', mebibytes);
      collectBeforeManifest();
      expect(await upload()).to.be.within(2 * mebibytes * MIB, 2 * mebibytes * MIB + SMALL);
      await expectWhole();
    });
  }

  it('sends its own index and config again from memory', async () => {
    write('file', 5);
    await upload();
    const { index, config } = await manifest();
    fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
    const again = bench.open();
    store = again;
    collectBeforeManifest(index.digest, config.digest);
    expect(await upload()).to.be.within(5 * MIB, 5 * MIB + SMALL);
    await expectWhole();
  });

  it('packs what a kept layer held, and sends nothing else', async () => {
    write('first', 6);
    fs.mkdirSync(join(dir, 'directory'));
    fs.writeFileSync(join(dir, 'directory', 'one'), 'one');
    fs.linkSync(join(dir, 'directory', 'one'), join(dir, 'linked'));
    fs.symlinkSync('first', join(dir, 'link'));
    await upload();
    write('second', 12);
    fs.writeFileSync(join(dir, 'directory', 'two'), 'two');
    await upload();
    const { content } = await manifest();
    const holder = content.find(({ descriptor }) => descriptor.size > 6 * MIB && descriptor.size < 7 * MIB);
    write('third', 1);
    collectBeforeManifest(holder?.descriptor.digest ?? '');
    // The new file twice: which layers it shares is decided anew.
    expect(await upload()).to.be.within(7 * MIB, 8 * MIB + 2 * SMALL);
    await expectWhole();
  });

  it('asks for each blob where the registry does not say which it lacks', async () => {
    write('first', 6);
    await upload();
    const { content } = await manifest();
    write('second', 1);
    const body = JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', message: 'some blob' }] });
    await collect(content[0]?.descriptor.digest ?? '');
    bench.proxy.on('PUT', MANIFESTS, { kind: 'answer', status: 404, body });
    expect(await upload()).to.be.within(7 * MIB, 8 * MIB + 2 * SMALL);
    await expectWhole();
  });

  it('sends everything where the index of the base is lost', async () => {
    write('first', 6);
    await upload();
    const { index } = await manifest();
    write('second', 1);
    collectBeforeManifest(index.digest);
    expect(await upload()).to.be.within(8 * MIB, 8 * MIB + 2 * SMALL);
    await expectWhole();
  });

  it('begins anew where a file is another one by then', async () => {
    write('file', 5);
    const happens = async (): Promise<void> => {
      await collect(sentFirst());
      write('file', 4);
    };
    bench.proxy.on('PUT', MANIFESTS, { kind: 'meanwhile', happens });
    expect(await upload()).to.be.within(9 * MIB, 9 * MIB + 2 * SMALL);
    await expectWhole();
  });
});
