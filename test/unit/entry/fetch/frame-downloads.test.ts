import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FrameDownloads } from '../../../../shared/entry/fetch/frame-downloads.ts';
import { LAYER_TYPES } from '../../../../shared/entry/manifest/manifest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';

const MIB = 1024 * 1024;

describe('frames that are downloaded', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'downloads-'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  /** Downloads of one layer of frames with these sizes; all but the last are wanted, which come by connections of their own, in any order. */
  const downloadsOf = async (sizes: readonly number[]): Promise<FrameDownloads> => {
    const { store } = openStore(`oci:${directory}:tag`);
    const bytes = Buffer.concat(sizes.map((size, number) => Buffer.alloc(size, number + 1)));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await store.putBlob(digest, bytes);
    const frames = sizes.map((size) => ({ size, tarSize: size, digest: '' }));
    const descriptor = { mediaType: LAYER_TYPES.zstd, digest, size: bytes.length };
    const layers = new Map([[0, { id: 0, frames, descriptor }]]);
    const downloads = new FrameDownloads({ store, layers, budget: 24 * MIB, onBytes: () => undefined });
    for (const frame of [...frames.keys()].slice(0, -1)) downloads.want({ layer: 0, frame });
    return downloads;
  };

  it('come in memory of those before that fits', async () => {
    const downloads = await downloadsOf([14 * MIB, 9 * MIB, 12 * MIB]);
    const [first] = [await downloads.take(0), await downloads.take(1)];
    downloads.release(0, first.buffer);
    downloads.want({ layer: 0, frame: 2 });
    const third = await downloads.take(2);
    expect(third.buffer.byteLength).to.equal(14 * MIB);
    expect(third.every((byte) => byte === 3)).to.equal(true);
    downloads.close();
  });

  it('leave nothing in memory when they are at their end', async () => {
    const downloads = await downloadsOf([4 * MIB, 4 * MIB]);
    const first = await downloads.take(0);
    downloads.release(0, first.buffer);
    downloads.close();
    expect(first.buffer.detached).to.equal(true);
  });

  it('and what is kept for them have no more memory together than they may have', async () => {
    const downloads = await downloadsOf([12 * MIB, 4 * MIB, 14 * MIB]);
    const [first] = [await downloads.take(0), await downloads.take(1)];
    downloads.release(0, first.buffer);
    downloads.want({ layer: 0, frame: 2 });
    expect((await downloads.take(2)).length).to.equal(14 * MIB);
    expect(first.buffer.detached, 'the memory of the first is given back').to.equal(true);
    downloads.close();
  });
});
