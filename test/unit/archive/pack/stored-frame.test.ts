import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

import { expect } from 'chai';

import { isWorthless, seemsIncompressible, storeFrame } from '../../../../shared/archive/pack/stored-frame.ts';

const MIB = 1024 * 1024;

describe('a stored frame', () => {
  for (const size of [0, 1, 128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1, 16 * MIB]) {
    it(`of ${size} bytes is read by ordinary decoders`, () => {
      const tar = randomBytes(size);
      expect(zstdDecompressSync(storeFrame(tar, 'zstd')).equals(tar)).to.equal(true);
      expect(gunzipSync(storeFrame(tar, 'gzip')).equals(tar)).to.equal(true);
    });
  }

  it('costs next to nothing, and says how long it is', () => {
    const tar = randomBytes(16 * MIB);
    const frame = Buffer.from(storeFrame(tar, 'zstd'));
    expect(frame.length - tar.length).to.be.at.most(400);
    expect(frame.readUInt32LE(6)).to.equal(tar.length);
  });
});

describe('what seems incompressible', () => {
  const noise = randomBytes(2 * MIB);

  it('is noise, as long as it is noise all over', () => {
    expect(seemsIncompressible(noise)).to.equal(true);
    for (const at of [0, MIB, 2 * MIB - 32 * 1024]) {
      const mixed = Buffer.from(noise);
      mixed.fill('text ', at - (at % 32), Math.min(at + MIB, mixed.length));
      expect(seemsIncompressible(mixed), `text at ${at}`).to.equal(false);
    }
  });

  it('is nothing small, and nothing in which bytes are equally frequent but in order', () => {
    expect(seemsIncompressible(noise.subarray(0, MIB - 1))).to.equal(false);
    expect(seemsIncompressible(Buffer.from(Array.from({ length: 2 * MIB }, (_, n) => n & 0xff)))).to.equal(false);
  });

  it('is suspected after a frame that kept its size', () => {
    expect(isWorthless(16 * MIB, 16 * MIB + 10)).to.equal(true);
    expect(isWorthless(16 * MIB, 15 * MIB)).to.equal(false);
    expect(isWorthless(1000, 1000)).to.equal(false);
  });
});
