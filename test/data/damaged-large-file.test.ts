import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BlobError, CacheError } from '../../shared/errors.ts';
import { readManifest } from '../../shared/entry/manifest/manifest.ts';
import { BrokenBlobs } from '../../shared/entry/manifest/broken-blobs.ts';
import { putEntry, type Lies } from '../support/entry/built-entry.ts';
import { newFetchBench, type FetchBench } from '../support/entry/fetch-bench.ts';

const FRAME_BYTES = 64 * 1024;
/** Nothing that zstd makes smaller: what changes in the middle of a frame is still a frame. */
const content = randomBytes(5 * FRAME_BYTES);

/** Of the frames that are full. */
const changeByte = (at: number) => (bytes: Buffer) => {
  if (bytes.length < FRAME_BYTES / 2) return bytes;
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

/** Frames of a file's content alone are verified by the digest of the file. */
describe('a file over many frames', function () {
  this.timeout(30_000);

  let bench: FetchBench;
  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  const fetchOf = async (
    lies: Lies,
  ): Promise<{ readonly error: unknown; readonly entry: string; readonly layer: string }> => {
    const items = [{ path: 'large', type: 'file', content } as const];
    const { digest } = await putEntry(bench.store, 'v1', { items, frameBytes: FRAME_BYTES, lies });
    const manifest = readManifest((await bench.store.getManifest('v1'))?.bytes ?? new Uint8Array());
    const error: unknown = await bench.fetch().catch((caught: unknown) => caught);
    return { error, entry: digest, layer: manifest?.content[0]?.descriptor.digest ?? '' };
  };
  const expectRefused = (error: unknown): void => {
    expect(error).to.be.an.instanceOf(CacheError).with.property('code', 'InvalidImage');
    expect(fs.readdirSync(bench.target)).to.deep.equal(['.tekton-cache']);
    expect(fs.existsSync(join(bench.target, 'large'))).to.equal(false);
  };

  for (const [what, frame] of [
    ['content', changeByte(2000)],
    ['compression', changeByte(1)],
  ] as const) {
    it(`comes back in no way, and its layer is known as broken, where the ${what} of a frame is damaged`, async () => {
      const { error, layer } = await fetchOf({ frame });
      expectRefused(error);
      expect(error).to.be.an.instanceOf(BlobError).with.property('digest', layer);
      expect(BrokenBlobs.of(bench.target).meets(layer)).to.equal(true);
    });
  }

  it('comes back in no way, and its entry is known as broken, where the index has another digest of it', async () => {
    const { error, entry, layer } = await fetchOf({
      entry: (entry) => (entry.type === 'file' ? { ...entry, digest: 'f'.repeat(64) } : entry),
    });
    expectRefused(error);
    expect(error).not.to.be.an.instanceOf(BlobError);
    expect(BrokenBlobs.of(bench.target).meets(entry)).to.equal(true);
    expect(BrokenBlobs.of(bench.target).meets(layer)).to.equal(false);
  });

  it('comes back as it was where nothing is damaged', async () => {
    await fetchOf({});
    expect(fs.readFileSync(join(bench.target, 'large')).equals(content)).to.equal(true);
  });
});
