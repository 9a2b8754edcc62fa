import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { decoderFor, Decompression } from '../../../../shared/entry/fetch/decompression.ts';
import { codeOf } from '../../../support/code-of.ts';

/** Twelve bytes that decoders of zstd pass over. */
const SKIPPABLE = Buffer.from('502a4d180400000061626364', 'hex');

const WAYS = {
  zstd: {
    compress: (content: Buffer): Buffer => zstdCompressSync(content),
    idle: [SKIPPABLE, zstdCompressSync(Buffer.alloc(0))],
  },
  gzip: { compress: (content: Buffer): Buffer => gzipSync(content), idle: [gzipSync(Buffer.alloc(0))] },
} as const;

/** Gives the blob in pieces of these sizes, over and over. */
async function decompress(blob: Buffer, sizes: readonly number[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  const newDecoder = decoderFor(blob);
  if (newDecoder === undefined) throw new Error('The blob is not compressed.');
  const decompression = new Decompression(newDecoder, (content) => void parts.push(content));
  try {
    for (let at = 0, i = 0; at < blob.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      await decompression.write(blob.subarray(at, at + size));
      at += size;
    }
    await decompression.end();
  } finally {
    decompression.destroy();
  }
  return Buffer.concat(parts);
}

describe('a compressed blob', () => {
  for (const [name, { compress, idle }] of Object.entries(WAYS)) {
    it(`of many ${name} frames is read to its end, however it comes in`, async () => {
      const frame = fc.oneof(
        fc.constantFrom(...idle).map((bytes) => ({ bytes, content: Buffer.alloc(0) })),
        fc.integer({ min: 1, max: 200_000 }).map((size) => {
          const content = Buffer.alloc(size, `${size} `);
          return { bytes: compress(content), content };
        }),
      );
      const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), sizes, async (frames, pieces) => {
          const blob = Buffer.concat(frames.map(({ bytes }) => bytes));
          const content = Buffer.concat(frames.map((one) => one.content));
          for (const cut of [pieces, [blob.length], frames.map(({ bytes }) => bytes.length)]) {
            expect((await decompress(blob, cut)).equals(content)).to.equal(true);
          }
        }),
        { numRuns: 50 },
      );
    });

    it(`of ${name} is refused with anything behind its last frame, in one piece with it or not`, async () => {
      const frame = compress(Buffer.from('content'));
      for (const rest of [Buffer.from('garbage'), Buffer.alloc(1), Buffer.alloc(512), frame.subarray(0, -1)]) {
        const blob = Buffer.concat([frame, rest]);
        for (const sizes of [[blob.length], [frame.length], [1]]) {
          expect(await decompress(blob, sizes).catch(codeOf)).to.equal('InvalidImage');
        }
      }
    });
  }
});
