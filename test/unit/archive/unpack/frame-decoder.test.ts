import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { CacheError } from '../../../../shared/errors.ts';
import { FrameDecoder } from '../../../../shared/archive/unpack/frame-decoder.ts';

const COMPRESS = { zstd: zstdCompressSync, gzip: gzipSync } as const;
const tar = (byte: string, blocks: number): Buffer => Buffer.alloc(blocks * 512, byte);

for (const compression of ['zstd', 'gzip'] as const) {
  describe(`a decoder of ${compression} frames`, () => {
    const compress = COMPRESS[compression];

    it('gives each frame as it is, longer or shorter than the one before', () => {
      const decoder = new FrameDecoder();
      for (const frame of [tar('a', 10), tar('b', 2000), tar('c', 1)]) {
        expect(decoder.decode(compress(frame), frame.length, compression).equals(frame)).to.equal(true);
      }
    });

    it('gives the memory of a frame back when it is asked to, and goes on', () => {
      const decoder = new FrameDecoder();
      const frame = tar('a', 2000);
      const decoded = decoder.decode(compress(frame), frame.length, compression);
      decoder.release();
      expect(decoded.length).to.equal(0);
      expect(decoder.decode(compress(frame), frame.length, compression).equals(frame)).to.equal(true);
    });

    it('refuses frames that are longer or shorter than the index says', () => {
      const decoder = new FrameDecoder();
      for (const said of [9, 11, 5]) {
        expect(() => decoder.decode(compress(tar('a', 10)), said * 512, compression), `${said} blocks`).to.throw(
          CacheError,
          /does not have its length|is not good/,
        );
      }
      expect(decoder.decode(compress(tar('b', 3)), 3 * 512, compression).equals(tar('b', 3))).to.equal(true);
    });

    it('refuses what is not compressed, and what is cut, and never gives what a frame before it held', () => {
      const decoder = new FrameDecoder();
      const good = compress(tar('a', 10));
      decoder.decode(good, 10 * 512, compression);
      for (const bad of [Buffer.alloc(100, 'x'), good.subarray(0, -4), Buffer.alloc(0)]) {
        expect(() => decoder.decode(bad, 10 * 512, compression), `${bad.length} bytes`).to.throw(
          CacheError,
          `is not good ${compression} data`,
        );
      }
    });
  });
}
