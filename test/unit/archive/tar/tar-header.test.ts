import { expect } from 'chai';
import * as fc from 'fast-check';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import { TAR_BLOCK, markVariant } from '../../../../shared/archive/tar/ustar-block.ts';
import { headerAgrees } from '../../../../shared/archive/tar/header-agreement.ts';
import { headerBound, writeHeader } from '../../../../shared/archive/tar/tar-header.ts';
import { tarPath, whiteoutPath } from '../../../../shared/archive/tar/tar-path.ts';
import type { TarMember } from '../../../../shared/archive/tar/tar-header.ts';
import type { TreeEntry } from '../../../../shared/archive/entries/tree-entry.ts';

const FILE: TarMember = {
  type: 'file',
  path: 'd/f',
  mode: 0o4755,
  mtimeSec: 1_700_000_000,
  mtimeNs: 0,
  size: 0,
  target: '',
};

describe('a tar header', () => {
  it('of a plain file is one block', () => {
    expect(header(FILE).length).to.equal(TAR_BLOCK);
  });

  const names = fc
    .array(fc.stringMatching(/^[a-z]{1,120}$/), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('/'));
  it('is read by another reader as it was written, for names of any length', () => {
    const member = fc.record({
      type: fc.constantFrom('file', 'directory', 'symlink', 'hardlink'),
      path: names,
      mode: fc.nat(0o7777),
      mtimeSec: fc.integer({ min: -(2 ** 33), max: 2 ** 36 }),
      mtimeNs: fc.constantFrom(0, 1, 500_000_000, 999_999_999),
      size: fc.constant(0),
      target: names,
    });
    fc.assert(
      fc.property(member, (made) => {
        const linked = made.type === 'symlink' || made.type === 'hardlink' ? made : { ...made, target: '' };
        const bytes = header(linked);
        expect(bytes.length).to.be.at.most(headerBound(linked));
        const read = parse(bytes);
        expect(read.path.replace(/\/$/, '')).to.equal(linked.path);
        expect(read.mode).to.equal(linked.mode);
        expect(read.linkpath ?? '').to.equal(linked.target);
        const milliseconds = linked.mtimeSec * 1000 + linked.mtimeNs / 1e6;
        expect(read.mtime?.getTime()).to.be.closeTo(milliseconds, 1);
      }),
    );
  });

  it('has sizes past 8 GiB', () => {
    expect(parse(header({ ...FILE, size: 20 * 2 ** 30 })).size).to.equal(20 * 2 ** 30);
  });

  it('hides names that other tools take for whiteouts', () => {
    expect(tarPath('a/.wh.x/b')).to.equal('a/.tekton-cache.esc..wh.x/b');
    expect(tarPath('.tekton-cache.esc.a')).to.equal('.tekton-cache.esc..tekton-cache.esc.a');
    expect(tarPath('a/x.wh.')).to.equal('a/x.wh.');
    expect(whiteoutPath('a/b')).to.equal('a/.wh.b');
    expect(whiteoutPath('a/.wh.b')).to.equal('a/.wh..tekton-cache.esc..wh.b');
  });

  it('has other bytes with a variant, and is read as before', () => {
    const plain = header({ ...FILE, mtimeNs: 1, size: 1000 });
    const marked = Buffer.from(plain);
    markVariant(marked, 2 ** 46 + 7);
    expect(marked.equals(plain)).to.equal(false);
    const { path, mode, size } = parse(marked);
    expect({ path, mode, size }).to.deep.equal({ path: 'd/f', mode: 0o4755, size: 1000 });
    expect(headerAgrees(marked, marked.length, { ...entry, size: 1000 })).to.equal(true);
  });

  it('is not made of an end of archive', () => {
    const end = Buffer.alloc(2 * TAR_BLOCK);
    markVariant(end, 2 ** 46);
    expect(end.equals(Buffer.alloc(2 * TAR_BLOCK))).to.equal(true);
  });

  const entry: TreeEntry = { ...FILE, type: 'file', layer: 0, frame: 0, offset: 0, digest: '', size: 1000 };
  it('agrees with the index entry that it was written for', () => {
    for (const path of ['f', 'p'.repeat(90) + '/' + 'n'.repeat(90), 'n'.repeat(200), '.wh.x']) {
      const bytes = header({ ...FILE, path, size: 1000 });
      expect(headerAgrees(bytes, bytes.length, { ...entry, path }), path).to.equal(true);
    }
  });

  it('does not agree with another name, size, type or place', () => {
    const bytes = header({ ...FILE, size: 1000 });
    const directory = header({ ...FILE, type: 'directory' });
    expect(headerAgrees(bytes, bytes.length, { ...entry, path: 'd/g' })).to.equal(false);
    expect(headerAgrees(bytes, bytes.length, { ...entry, size: 1001 })).to.equal(false);
    expect(headerAgrees(directory, directory.length, { ...entry, size: 0 })).to.equal(false);
    expect(headerAgrees(bytes, bytes.length + 512, entry)).to.equal(false);
    expect(headerAgrees(bytes, 0, entry)).to.equal(false);
  });
});

function header(member: TarMember): Buffer {
  const buffer = Buffer.alloc(64 * 1024, 0xee);
  return buffer.subarray(0, writeHeader(buffer, 0, member));
}

function parse(bytes: Buffer): ReadEntry {
  const entries: ReadEntry[] = [];
  const parser = new Parser({ strict: true, onReadEntry: (read) => void entries.push(read) });
  parser.write(bytes);
  const [entry] = entries;
  if (entry === undefined) throw new Error('no entry');
  return entry;
}
