import { gunzipSync } from 'node:zlib';

import { expect } from 'chai';
import { list } from 'tar';

import type { LayerEntry } from '../../../support/image/tar-layer.ts';
import { layerOf, tarOf } from '../../../support/image/tar-layer.ts';

const file = (content: string, executable = false): LayerEntry => ({
  type: 'file',
  content: Buffer.from(content),
  executable,
});

const ENTRIES: readonly (readonly [string, LayerEntry])[] = [
  ['bin/tool', file('#!', true)],
  ['etc/passwd', file('root')],
  ['bin/alias', { type: 'link', to: 'tool' }],
  ['tmp', { type: 'directory', mode: 0o1777 }],
];

interface Listed {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly time: number;
}

const listed = (tar: Buffer): readonly Listed[] => {
  const found: Listed[] = [];
  const parser = list({
    onReadEntry: ({ path, type, mode, uid, gid, mtime }) =>
      found.push({ path, type, mode: (mode ?? 0).toString(8), owner: `${uid}:${gid}`, time: mtime?.getTime() ?? -1 }),
  });
  parser.end(tar);
  return found;
};

describe('a layer of an image', () => {
  it('has the same digest whatever the order of its entries', () => {
    const forward = layerOf(new Map(ENTRIES));
    const backward = layerOf(new Map(ENTRIES.toReversed()));
    expect(backward.digest).to.equal(forward.digest);
    expect(backward.diffId).to.equal(forward.diffId);
  });

  it('has another digest when a file becomes executable', () => {
    const [, ...others] = ENTRIES;
    expect(layerOf(new Map([['bin/tool', file('#!')], ...others])).digest).not.to.equal(
      layerOf(new Map(ENTRIES)).digest,
    );
  });

  it('is read by a tar of somebody else: parents first, owned by root, at the epoch', () => {
    const directory = { type: 'Directory', mode: '755', owner: '0:0', time: 0 };
    const regular = { type: 'File', owner: '0:0', time: 0 };
    expect(listed(tarOf(new Map(ENTRIES)))).to.deep.equal([
      { path: 'bin/', ...directory },
      { path: 'bin/alias', type: 'SymbolicLink', mode: '777', owner: '0:0', time: 0 },
      { path: 'bin/tool', ...regular, mode: '755' },
      { path: 'etc/', ...directory },
      { path: 'etc/passwd', ...regular, mode: '644' },
      { path: 'tmp/', ...directory, mode: '1777' },
    ]);
  });

  it('names the uncompressed stream by the digest that its compressed form unpacks to', () => {
    const layer = layerOf(new Map(ENTRIES));
    expect(gunzipSync(layer.compressed)).to.have.lengthOf(layer.uncompressedSize);
    expect(gunzipSync(layer.compressed).equals(tarOf(new Map(ENTRIES)))).to.equal(true);
  });

  it('refuses a path that does not fit into a header', () => {
    expect(() => tarOf(new Map([['x'.repeat(200), file('')]]))).to.throw('too long for an image layer');
  });
});
