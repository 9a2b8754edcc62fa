import * as fs from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { compressFrame, EFFORTS, LEAST_EFFORT } from '../../../../shared/archive/pack/compress.ts';
import { FRAME_BYTES } from '../../../../shared/archive/format.ts';

const PACKAGE = join(import.meta.dirname, '../../../../node_modules/@kubernetes/client-node/dist');

/** A package of many files like each other, one after another. */
function packageFrame(): Buffer {
  const files = fs.readdirSync(PACKAGE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map(({ parentPath, name }) => fs.readFileSync(join(parentPath, name)))).subarray(
    0,
    FRAME_BYTES,
  );
}

describe('a frame that is compressed', () => {
  it('has no more bytes than the default of the zstd program gives, and comes back', () => {
    const frame = packageFrame();
    const params = { [constants.ZSTD_c_compressionLevel]: 3 };
    const compressed = compressFrame(frame, 'zstd', LEAST_EFFORT);
    expect(compressed.length).to.be.at.most(zstdCompressSync(frame, { params }).length);
    expect(zstdDecompressSync(compressed).equals(frame)).to.equal(true);
  });

  it('has fewer bytes with each effort, the same ones each time, and comes back', () => {
    const frame = packageFrame();
    const sizes = EFFORTS.map((_, effort) => {
      const compressed = compressFrame(frame, 'zstd', effort);
      expect(zstdDecompressSync(compressed).equals(frame)).to.equal(true);
      expect(Buffer.from(compressed).equals(compressFrame(frame, 'zstd', effort))).to.equal(true);
      return compressed.length;
    });
    expect(sizes).to.deep.equal(sizes.toSorted((a, b) => b - a));
    expect(new Set(sizes).size).to.equal(sizes.length);
  });
});
