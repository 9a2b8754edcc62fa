import { expect } from 'chai';
import { TarReader } from '../../../../shared/archive/tar/tar-reader.ts';
import type { TarMemberRead } from '../../../../shared/archive/tar/member-extensions.ts';
import { CacheError } from '../../../../shared/errors.ts';
import { paxHeader, rawMember, rawTar, type RawMember } from '../../../support/entry/raw-tar.ts';

interface Read extends Pick<TarMemberRead, 'path' | 'type' | 'target' | 'size' | 'mtimeSec'> {
  readonly content: string;
}

/** The members of a tar, holes as zeros; or the sentence that refuses it. */
function read(tar: Buffer): Read[] | string {
  const members: Read[] = [];
  let current: Omit<Read, 'content'> | undefined;
  let content = '';
  const reader = new TarReader({
    member: ({ path, type, target, size, mtimeSec }) => {
      current = { path, type, target, size, mtimeSec };
      content = '';
    },
    content: (chunk) => (content += chunk.toString('latin1')),
    hole: (bytes) => (content += '\0'.repeat(bytes)),
    end: () => {
      if (current !== undefined) members.push({ ...current, content });
    },
  });
  try {
    for (let at = 0; at < tar.length; at += 100) reader.push(tar.subarray(at, at + 100));
    reader.finish();
    return members;
  } catch (error) {
    if (error instanceof CacheError && error.code === 'InvalidImage') return error.message;
    throw error;
  }
}

const names = (members: readonly RawMember[]): unknown => {
  const result = read(rawTar(members));
  return typeof result === 'string' ? result : result.map(({ path }) => path);
};

describe('a reader of tars', () => {
  it('takes the field of the header for a record without a value', () => {
    const link = { name: 'l', flag: '2', link: 'target' };
    const empty = paxHeader({ path: '', linkpath: '', size: '', mtime: '' });
    expect(read(rawTar([empty, { name: 'f', content: 'abc', mtime: 5 }, empty, link]))).to.deep.equal([
      { path: 'f', type: 'file', target: '', size: 3, mtimeSec: 5, content: 'abc' },
      { path: 'l', type: 'symlink', target: 'target', size: 0, mtimeSec: 1_000_000_000, content: '' },
    ]);
  });

  it('takes the last of several extended headers in a row', () => {
    const link = { name: 'l', flag: '2', link: 'of the header' };
    const headers = [paxHeader({ path: 'first', linkpath: 'first' }), paxHeader({ path: 'second' })];
    const [member] = read(rawTar([...headers, link]));
    expect(member).to.include({ path: 'second', target: 'of the header' });
  });

  it('forgets what an extended header said behind its member', () => {
    expect(names([paxHeader({ path: 'long' }), { name: 'a' }, { name: 'b' }])).to.deep.equal(['long', 'b']);
    const long = [
      { name: '././@LongLink', flag: 'L', content: 'gnu\0' },
      { name: '././@LongLink', flag: 'K', content: 'to\0' },
    ];
    expect(names([...long, { name: 'a' }, { name: 'b', flag: '2', link: 'x' }])).to.deep.equal(['gnu', 'b']);
  });

  for (const key of ['path', 'linkpath', 'size', 'GNU.sparse.map']) {
    it(`refuses a ${key} for all members`, () => {
      expect(names([{ ...paxHeader({ [key]: '1' }), flag: 'g' }, { name: 'a' }])).to.match(/header for all files/);
    });
  }

  it('refuses a member behind a single block of zeros', () => {
    const tar = Buffer.concat([rawMember({ name: 'a' }), Buffer.alloc(512), rawTar([{ name: 'b' }])]);
    expect(read(tar)).to.match(/single block of zeros/);
  });

  it('takes what is behind the end for no part of it', () => {
    expect(read(Buffer.concat([rawTar([{ name: 'a' }]), rawTar([{ name: 'b' }])]))).to.have.length(1);
  });

  for (const [end, bytes] of Object.entries({ 'no end': 0, 'one block of zeros': 512, 'two of them': 1024 })) {
    it(`reads an archive with ${end}, and one whose last padding is missing`, () => {
      const tar = Buffer.concat([rawMember({ name: 'a', content: 'abc' }), Buffer.alloc(bytes)]);
      expect(read(tar)).to.have.length(1);
      expect(read(tar.subarray(0, 512 + 3 + (bytes === 0 ? 0 : 509 + bytes)))).to.have.length(1);
      expect(read(tar.subarray(0, 512 + 2))).to.match(/ends too early/);
    });
  }

  it('reads checksums of signed bytes', () => {
    const name = 'caf\xe9';
    const [byte] = Buffer.from('\xe9', 'latin1');
    const unsigned = Number.parseInt(rawMember({ name }).toString('latin1', 148, 154), 8);
    expect(byte).to.equal(0xe9);
    expect(names([{ name, checksum: unsigned - 256 }])).to.deep.equal([name]);
    expect(names([{ name, checksum: unsigned - 1 }])).to.match(/checksum/);
  });

  it('skips the NUL that an overflowing field has left in the next one', () => {
    const [member] = read(rawTar([{ name: 'a', size: '\x000000000003', content: 'abc' }]));
    expect(member).to.include({ size: 3, content: 'abc' });
  });

  it('refuses a size behind further NULs, which other readers take for none', () => {
    expect(names([{ name: 'a', size: '\0\x00000000003\0', content: 'abc' }])).to.match(/a size has NULs/);
    expect(names([{ name: 'a', size: '\0'.repeat(12) }, { name: 'b' }])).to.deep.equal(['a', 'b']);
  });

  it('refuses a directory with content, which would hide what stands in it', () => {
    expect(names([{ name: 'd/', content: rawMember({ name: 'hidden' }) }])).to.match(/has content/);
  });

  describe('of sparse files', () => {
    const block = (text: string): string => text + '\0'.repeat(512 - text.length);
    const v1 = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 's' };
    const forms: Readonly<Record<string, readonly RawMember[]>> = {
      'PAX 0.1': [
        paxHeader({ 'GNU.sparse.map': '2,3,9,1', 'GNU.sparse.size': '12', 'GNU.sparse.name': 's' }),
        { name: 'GNUSparseFile.1/s', content: 'abcd' },
      ],
      'PAX 1.0': [
        paxHeader({ ...v1, 'GNU.sparse.realsize': '12' }),
        { name: 'GNUSparseFile.1/s', content: `${block('2\n2\n3\n9\n1\n')}abcd` },
      ],
    };
    for (const [form, members] of Object.entries(forms)) {
      it(`puts the parts of ${form} in their places`, () => {
        const [member, next] = read(rawTar([...members, { name: 'next' }]));
        expect(member).to.include({ path: 's', size: 12, content: '\0\0abc\0\0\0\0d\0\0' });
        expect(next).to.include({ path: 'next' });
      });
    }

    const lies: Readonly<Record<string, readonly RawMember[]>> = {
      'overlapping parts': [
        paxHeader({ 'GNU.sparse.map': '2,3,4,1', 'GNU.sparse.size': '12' }),
        { name: 's', content: 'abcd' },
      ],
      'parts behind the end': [
        paxHeader({ 'GNU.sparse.map': '9,4', 'GNU.sparse.size': '12' }),
        { name: 's', content: 'abcd' },
      ],
      'more than its parts': [
        paxHeader({ 'GNU.sparse.map': '2,3', 'GNU.sparse.size': '12' }),
        { name: 's', content: 'abcd' },
      ],
      'fewer than its parts': [
        paxHeader({ 'GNU.sparse.map': '2,5', 'GNU.sparse.size': '12' }),
        { name: 's', content: 'abcd' },
      ],
      'half a part': [
        paxHeader({ 'GNU.sparse.map': '2,4,5', 'GNU.sparse.size': '12' }),
        { name: 's', content: 'abcd' },
      ],
      'an unknown version': [paxHeader({ ...v1, 'GNU.sparse.major': '2' }), { name: 's', content: 'abcd' }],
      'no map': [paxHeader({ ...v1, 'GNU.sparse.realsize': '12' }), { name: 's', content: 'abcd' }],
      'a map without lines': [paxHeader(v1), { name: 's', content: '1'.repeat(2000) }],
      'a map of too many parts': [paxHeader(v1), { name: 's', content: block('900000000\n') }],
    };
    for (const [lie, members] of Object.entries(lies)) {
      it(`refuses ${lie}`, () => {
        expect(names([...members, { name: 'next' }])).to.match(/no good tar/);
      });
    }
  });
});
