/** Readers of bytes from images: whatever the bytes are, they are read or refused, and nothing else happens. */
import * as fc from 'fast-check';
import { expect } from 'chai';
import { readIndex } from '../../../shared/archive/index/index-reader.ts';
import { BlockWriter, writeIndex } from '../../../shared/archive/index/index-writer.ts';
import { TarReader } from '../../../shared/archive/tar/tar-reader.ts';
import type { TarMemberRead } from '../../../shared/archive/tar/member-extensions.ts';
import { CacheError } from '../../../shared/errors.ts';
import { paxHeader, rawTar } from '../../support/entry/raw-tar.ts';

/** `HOSTILE_RUNS=1000000` for a long run. */
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 3000);

const TAR = rawTar([
  { name: 'd/', flag: '5' },
  paxHeader({ path: 'd/long name', mtime: '1.5', size: '5' }),
  { name: 'x', content: 'hello' },
  { name: '././@LongLink', flag: 'L', content: 'd/gnu\0' },
  { name: 'y', content: 'z'.repeat(600) },
  { name: 'link', flag: '2', link: '../..' },
  { name: 'same', flag: '1', link: 'd/gnu' },
]);

function index(): Buffer {
  const place = { layer: 1, frame: 0, offset: 512, mode: 0o644, mtimeSec: 1, mtimeNs: 2 };
  const blocks = new BlockWriter();
  blocks.add({ ...place, path: 'd', type: 'directory' });
  blocks.add({ ...place, path: 'd/file', type: 'file', size: 3, digest: 'ab'.repeat(32) });
  blocks.add({ ...place, path: 'd/link', type: 'symlink', target: '/x' });
  blocks.add({ ...place, path: 'd/same', type: 'hardlink', target: 'd/file' });
  const frames = [{ size: 100, tarSize: 4096, digest: 'cd'.repeat(32) }];
  return writeIndex({ kind: 'base', layers: [{ id: 1, frames }], blocks: blocks.finish() });
}

/** Bytes of a good input with some changed, cut out or put in. */
const mutated = (good: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.record({ at: fc.nat(good.length - 1), bytes: fc.uint8Array({ maxLength: 12 }), cut: fc.nat(12) }), {
      maxLength: 4,
    })
    .map((changes) =>
      changes.reduce(
        (bytes, { at, bytes: put, cut }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
        good,
      ),
    );

function readOrRefuse(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof CacheError)) throw error;
    expect(error.code).to.equal('InvalidImage');
  }
}

describe('hostile bytes', function () {
  this.timeout(30_000 + RUNS * 2);

  it('are a good tar, or refused, however they are cut into chunks', () => {
    const input = fc.tuple(mutated(TAR), fc.integer({ min: 1, max: 4096 }));
    const property = fc.property(input, ([bytes, chunk]) => {
      let promised = 0;
      let given = 0;
      let holes = 0;
      const reader = new TarReader({
        member: ({ size }: TarMemberRead) => (promised += size),
        content: (piece) => (given += piece.length),
        hole: (zeros) => (holes += zeros),
        end: () => expect(given + holes).to.equal(promised),
      });
      readOrRefuse(() => {
        for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
        reader.finish();
      });
      expect(given).to.be.at.most(bytes.length);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('are a good index, or refused', () => {
    const property = fc.property(mutated(index()), (bytes) =>
      readOrRefuse(() => {
        let count = 0;
        for (const entry of readIndex(bytes).entries()) if (entry.path.length > 0) count += 1;
        expect(count).to.be.at.most(bytes.length);
      }),
    );
    fc.assert(property, { numRuns: RUNS });
  });
});
