import * as fs from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { compressFrame } from '../../../../shared/archive/pack/compress.ts';
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
    const compressed = compressFrame(frame, 'zstd');
    expect(compressed.length).to.be.at.most(zstdCompressSync(frame, { params }).length);
    expect(zstdDecompressSync(compressed).equals(frame)).to.equal(true);
  });
});
