import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { ZstdContext } from '../../../shared/archive/zstd-context.ts';

const PARAMS = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 23 };
const text = (word: string): Buffer => Buffer.alloc(300_000, `${word} and more of it, `);
const INPUTS = [text('one'), randomBytes(200_000), Buffer.alloc(0), text('two'), Buffer.alloc(400_000), text('one')];

/** As a later Node may have it: no handle, or one that works in another way. */
const OTHER_STREAMS: Readonly<Record<string, () => object>> = {
  'without a handle': () => ({}),
  'with another handle': () => ({ _handle: {}, _writeState: new Uint32Array(2) }),
  'with another state': () => ({ _handle: { writeSync: () => undefined }, _writeState: [0, 0] }),
};
const KINDS = [
  ['the handle of Node', ZstdContext.compressor(PARAMS), () => ZstdContext.decompressor()],
  ...Object.entries(OTHER_STREAMS).map(
    ([name, open]) =>
      [`a stream ${name}`, ZstdContext.compressor(PARAMS, open), () => ZstdContext.decompressor(open)] as const,
  ),
] as const;

for (const [kind, compressor, decompressor] of KINDS) {
  describe(`a context of zstd, by ${kind}`, () => {
    const run = (context: ZstdContext, input: Uint8Array, room: number): Buffer | undefined => {
      const output = Buffer.alloc(room);
      const bytes = context.run(input, output);
      return bytes === undefined ? undefined : output.subarray(0, bytes);
    };

    it('compresses each input as if it were the first', () => {
      for (const input of INPUTS) {
        const once = zstdCompressSync(input, { params: PARAMS, chunkSize: 512 * 1024 });
        expect(run(compressor, input, 512 * 1024)?.equals(once), `${input.length} bytes`).to.equal(true);
      }
    });

    it('gives back what was compressed, one after another', () => {
      const context = decompressor();
      for (const input of INPUTS) {
        expect(run(context, zstdCompressSync(input), input.length + 1)?.equals(input)).to.equal(true);
      }
    });

    it('has nothing for an output that is too small, and goes on after it', () => {
      const context = decompressor();
      const compressed = zstdCompressSync(text('one'));
      for (const room of [1000, text('one').length]) {
        let outcome: Buffer | undefined;
        try {
          outcome = run(context, compressed, room);
        } catch (error) {
          expect(error).to.have.property('code', 'ERR_BUFFER_TOO_LARGE');
        }
        expect(outcome, `room for ${room}`).to.equal(undefined);
        expect(run(context, compressed, text('one').length + 1)?.equals(text('one'))).to.equal(true);
      }
    });

    it('throws for what is no zstd data, or not all of it, and goes on after it', () => {
      const context = decompressor();
      const compressed = zstdCompressSync(INPUTS[1] ?? '');
      for (const bad of [Buffer.from('nonsense'), compressed.subarray(0, -1), compressed.subarray(0, 1000)]) {
        expect(() => zstdDecompressSync(bad)).to.throw();
        expect(() => run(context, bad, 512 * 1024)).to.throw(Error);
        expect(run(context, compressed, 512 * 1024)?.equals(INPUTS[1] ?? Buffer.alloc(0))).to.equal(true);
      }
    });
  });
}
