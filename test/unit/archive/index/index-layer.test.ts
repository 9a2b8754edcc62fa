import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { CacheError } from '../../../../shared/errors.ts';
import { INDEX_DIFF_ID, embedIndex, extractIndex } from '../../../../shared/archive/index/index-layer.ts';

const DECODERS = { zstd: zstdDecompressSync, gzip: gunzipSync } as const;

for (const compression of ['zstd', 'gzip'] as const) {
  describe(`an index layer, ${compression}`, () => {
    const data = randomBytes(150_000);
    const layer = Buffer.concat(embedIndex([data], compression));

    it('holds the index', () => {
      expect(extractIndex(layer, compression)).to.deep.equal(data);
    });

    it('is an empty tar to a decoder', () => {
      const tar = DECODERS[compression](layer);
      expect(tar).to.deep.equal(Buffer.alloc(1024));
      expect(`sha256:${createHash('sha256').update(tar).digest('hex')}`).to.equal(INDEX_DIFF_ID);
    });

    it('is refused when it is cut anywhere, or has more behind it', () => {
      for (const length of [0, 5, 11, 15, 30, 40, layer.length - 1]) {
        expect(() => extractIndex(layer.subarray(0, length), compression), String(length)).to.throw(CacheError);
      }
      expect(() => extractIndex(Buffer.concat([layer, Buffer.alloc(40)]), compression)).to.throw(CacheError);
    });
  });
}
