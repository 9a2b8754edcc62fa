import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../../support/code-of.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { OCI, plain, putImage } from '../../support/entry/put-image.ts';
import { rawMember, rawTar, type RawMember } from '../../support/entry/raw-tar.ts';

const SKIPPABLE = Buffer.from('502a4d180400000061626364', 'hex');
const MEMBERS: readonly RawMember[] = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
  name,
  content: Buffer.alloc(100_000, `${name} `),
}));

/** What a program makes of bytes. */
const piped = (input: Buffer, program: string, ...args: string[]): Buffer =>
  execFileSync(program, args, { input, maxBuffer: 1e9, stdio: ['pipe', 'pipe', 'ignore'] });
const eachMember = (program: string, ...args: string[]): Buffer =>
  Buffer.concat([...MEMBERS.map(rawMember), Buffer.alloc(1024)].map((bytes) => piped(bytes, program, ...args)));

const zstd = (bytes: Buffer): Buffer => piped(bytes, 'zstd', '-c');
const LAYERS: Readonly<Record<string, () => Buffer>> = {
  'one zstd frame for each member': () => eachMember('zstd', '-c'),
  'a skippable frame before the zstd frames': () => Buffer.concat([SKIPPABLE, eachMember('zstd', '-c')]),
  'an empty frame before the zstd frame': () => Buffer.concat([zstd(Buffer.alloc(0)), zstd(rawTar(MEMBERS))]),
  'skippable frames behind the zstd frame': () => Buffer.concat([zstd(rawTar(MEMBERS)), SKIPPABLE, SKIPPABLE]),
  'the frames of pzstd': () => piped(rawTar(MEMBERS), 'pzstd', '-c', '-p', '3'),
  'one gzip member for each member': () => eachMember('gzip', '-c'),
  'an empty gzip member before the others': () =>
    Buffer.concat([piped(Buffer.alloc(0), 'gzip', '-c'), eachMember('gzip', '-c')]),
};

describe('a layer of several frames', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  for (const [name, layer] of Object.entries(LAYERS)) {
    it(`is read whole: ${name}`, async () => {
      await putImage(bench.store, 'v1', [{ mediaType: OCI.zstd, bytes: layer() }]);
      expect(await bench.fetch()).to.include({ found: true, files: MEMBERS.length });
      for (const { name: path, content } of MEMBERS) {
        expect(fs.readFileSync(join(bench.target, path)).equals(Buffer.from(content ?? ''))).to.equal(true);
      }
    });

    it(`is refused when its end is missing: ${name}`, async () => {
      await putImage(bench.store, 'v1', [{ mediaType: OCI.zstd, bytes: layer().subarray(0, -1) }]);
      expect(await bench.fetch().catch(codeOf)).to.equal('InvalidImage');
    });
  }
});

describe('a layer of a few bytes', () => {
  for (const bytes of ['x', '\0\0', '\x1f\x8b\x08', '\x28\xb5\x2f']) {
    it(`is refused: ${JSON.stringify(bytes)}`, async () => {
      const bench = newFetchBench();
      await putImage(bench.store, 'v1', [plain(Buffer.from(bytes, 'latin1'))]);
      expect(await bench.fetch().catch(codeOf)).to.equal('InvalidImage');
      bench.remove();
    });
  }
});
