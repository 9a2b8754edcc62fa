import * as fs from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';
import { FRAME_BYTES } from '../../../shared/archive/format.ts';
import { FREE_BYTES } from '../../../shared/entry/entry.ts';
import type { EntryFetch } from '../../../shared/entry/entry.ts';
import { putEntry, type BuildOptions, type Lies } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import type { FetchBench } from '../../support/entry/fetch-bench.ts';
import {
  DOCKER,
  gzip,
  OCI,
  plain,
  putBytes,
  putImage,
  putJson,
  zstd,
  type ImageLayer,
} from '../../support/entry/put-image.ts';
import { paxHeader, rawMember, rawTar, type RawMember } from '../../support/entry/raw-tar.ts';

const dir = (path: string): Item => ({ path, type: 'directory' });
const file = (path: string, content = path): Item => ({ path, type: 'file', content });
const symlink = (path: string, target: string): Item => ({ path, type: 'symlink', target });

/** What a hostile image may try, and what comes of it. */
interface Attack {
  readonly name: string;
  readonly put: (bench: FetchBench) => Promise<unknown>;
  readonly request?: Partial<EntryFetch>;
  /** `ignored`: the fetch restores the harmless rest. */
  readonly outcome: 'InvalidImage' | 'TooLarge' | 'DigestMismatch' | 'ignored' | 'inside';
}

const ITEMS: readonly Item[] = [dir('d'), file('d/one'), file('d/two'), file('e')];

/** An entry of our own format that lies. */
function entry(
  name: string,
  lies: Lies,
  more: Partial<BuildOptions & Pick<Attack, 'outcome' | 'request'>> = {},
): Attack {
  const { outcome = 'InvalidImage', request, ...options } = more;
  const put = ({ store }: FetchBench): Promise<unknown> => putEntry(store, 'v1', { items: ITEMS, ...options, lies });
  return request === undefined ? { name, put, outcome } : { name, put, outcome, request };
}

const items = (name: string, list: readonly Item[], lies: Lies = {}): Attack => entry(name, lies, { items: list });
const changed = (path: string, change: object): Lies => ({
  entry: (one: TreeEntry): TreeEntry => (one.path === path ? { ...one, ...change } : one),
});

/** An ordinary image. */
function image(name: string, members: readonly RawMember[], outcome: Attack['outcome'] = 'InvalidImage'): Attack {
  return layers(name, [plain(rawTar(members))], outcome);
}

function layers(
  name: string,
  list: readonly ImageLayer[],
  outcome: Attack['outcome'] = 'InvalidImage',
  request = {},
): Attack {
  return { name, outcome, request, put: ({ store }) => putImage(store, 'v1', list) };
}

function manifest(name: string, change: (value: Record<string, unknown>) => void): Attack {
  return entry(`a manifest ${name}`, { manifest: change });
}

/** An image whose last layer puts a link to the directory outside where directories with modes of their own were. */
function linkOver(name: string, list: (link: RawMember) => readonly (readonly RawMember[])[]): Attack {
  const put = (bench: FetchBench): Promise<unknown> => {
    const link: RawMember = { name: 'a', flag: '2', link: join(bench.base, 'outside') };
    return putImage(
      bench.store,
      'v1',
      list(link).map((members) => plain(rawTar(members))),
    );
  };
  return { name: `image: the mode and time of a directory, ${name}`, put, outcome: 'ignored' };
}

const A: readonly RawMember[] = [
  { name: 'a/', flag: '5', mode: 0o777, mtime: 5 },
  { name: 'a/deep/', flag: '5', mode: 0o777, mtime: 5 },
];

const zeros = Buffer.alloc(128 * 1024 * 1024);
const small = { maxBytes: 1000, maxFiles: 3, maxBlobBytes: 1e9, maxExpansion: 10 };

export const ATTACKS: readonly Attack[] = [
  items('entry: a path that climbs out', [file('../evil')]),
  items('entry: a path that climbs out in the middle', [file('d/../../evil')]),
  items('entry: an absolute path', [file('/tmp/evil')]),
  items('entry: an empty component', [dir('d'), file('d//evil')]),
  items('entry: a write through a symbolic link', [symlink('l', '/tmp'), file('l/evil')]),
  items('entry: a path below a file', [file('f'), file('f/evil')]),
  items('entry: a path without its directory', [file('nowhere/evil')]),
  items('entry: the same path twice', [file('twice', 'a'), file('twice', 'b')]),
  items('entry: paths out of order', [file('b'), file('a')], { unsorted: true }),
  {
    name: 'entry: the mode and time of a directory, then in a delta a link for the one above it',
    outcome: 'ignored',
    put: ({ store, base }) =>
      putEntry(store, 'v1', {
        items: [dir('a'), { ...dir('a/deep'), mode: 0o777, mtimeSec: 5 }],
        deltas: [[symlink('a', join(base, 'outside'))]],
      }),
  },
  {
    name: 'entry: the mode and time of a directory, in a delta below a link',
    outcome: 'InvalidImage',
    put: ({ store, base }) =>
      putEntry(store, 'v1', {
        items: [symlink('a', join(base, 'outside'))],
        deltas: [[{ ...dir('a/deep'), mode: 0o777, mtimeSec: 5 }]],
      }),
  },
  items('entry: a hard link out', [{ path: 'l', type: 'hardlink', target: '../../etc/passwd' }]),
  items('entry: a hard link out through a symbolic link', [
    symlink('l', '/etc'),
    { path: 'name', type: 'hardlink', target: 'l/passwd' },
  ]),
  items('entry: a name of a component too long', [file('n'.repeat(256))]),
  entry('entry: a NUL in a path', changed('e', { path: 'e\0' })),
  entry('entry: a wrong digest of a frame', {
    frames: (frames) => frames.map((one) => ({ ...one, digest: '0'.repeat(64) })),
  }),
  entry('entry: a frame that is broken', {
    frame: (frame) => Buffer.concat([frame.subarray(0, -1), Buffer.from('x')]),
  }),
  entry('entry: frames that are longer than the layer', {
    frames: (frames) => frames.map((one) => ({ ...one, size: one.size + 1 })),
  }),
  entry('entry: a frame that expands to more than it says', {
    frames: (frames) => frames.map((one) => ({ ...one, tarSize: one.tarSize - 512 })),
  }),
  entry('entry: a frame that expands to less than it says', {
    frames: (frames) => frames.map((one) => ({ ...one, tarSize: one.tarSize + 512 })),
  }),
  entry('entry: a layer that the image has not', changed('e', { layer: 7 })),
  entry('entry: a frame that the layer has not', changed('e', { frame: 7 })),
  entry('entry: a place outside of the frame', changed('e', { offset: 512 * 1000 })),
  entry('entry: a place in front of the frame', changed('e', { offset: 0 })),
  entry('entry: content of another file', changed('e', { offset: 1024 })),
  entry('entry: a size that the tar does not have', changed('e', { size: 2 })),
  entry('entry: a size past the layer', changed('e', { size: 2 ** 40 })),
  entry(
    'entry: another type than in the tar',
    { tar: (tar) => (tar.write('2', 156 + 512), tar) },
    { items: [dir('d'), file('d/one')] },
  ),
  entry('entry: a small file with another digest', changed('e', { digest: '1'.repeat(64) })),
  entry('entry: a big file with another digest', changed('big', { digest: '1'.repeat(64) }), {
    items: [{ path: 'big', type: 'file', content: Buffer.alloc(10_000, 'x') }],
    frameBytes: 2048,
  }),
  entry('entry: an index without its magic number', {
    index: (index) => Buffer.concat([Buffer.from('XXXX'), index.subarray(4)]),
  }),
  entry('entry: an index that ends too early', { index: (index) => index.subarray(0, -5) }),
  entry('entry: an index of version 2', { index: (index) => (index.writeUInt8(2, 4), index) }),
  entry(
    'entry: more files than allowed',
    {},
    { outcome: 'TooLarge', request: { limits: { ...small, maxBytes: 1e6 } } },
  ),
  entry(
    'entry: more bytes than allowed',
    {},
    { outcome: 'TooLarge', request: { limits: { ...small, maxFiles: 100, maxBytes: 5 } } },
  ),
  entry('entry: a blob larger than allowed', {}, { outcome: 'TooLarge', request: { limits: { maxBlobBytes: 10 } } }),
  entry(
    'entry: a bomb',
    {},
    {
      items: [{ path: 'bomb', type: 'file', content: Buffer.alloc(FREE_BYTES + 1, 'x') }],
      frameBytes: FRAME_BYTES,
      outcome: 'TooLarge',
      request: { limits: { maxBytes: FREE_BYTES } },
    },
  ),
  entry(
    'entry: fewer bytes in the annotations than in the index',
    { manifest: (value) => Object.assign(value['annotations'] ?? {}, { 'cache.tekton.dev/size': '1' }) },
    {},
  ),
  manifest('that is of version 2', (value) =>
    Object.assign(value['annotations'] ?? {}, { 'cache.tekton.dev/format': '2' }),
  ),
  manifest('without layers', (value) => (value['layers'] = [])),
  manifest('with text for layers', (value) => (value['layers'] = 'none')),
  manifest(
    'with 200 layers',
    (value) => (value['layers'] = Array.from({ length: 200 }, () => (value['layers'] as unknown[])[0])),
  ),

  image('image: a path that climbs out', [{ name: '../evil' }]),
  image('image: a path that climbs out in the middle', [{ name: 'a/../../evil' }]),
  image('image: an absolute path', [{ name: '/tmp/evil' }], 'inside'),
  image('image: a file without a name', [{ name: './', flag: '2', link: '/tmp' }]),
  image('image: two extended headers, of which the last climbs out', [
    paxHeader({ path: 'x' }),
    paxHeader({ path: '../evil' }),
    { name: 'x' },
  ]),
  image('image: a PAX path that climbs out', [paxHeader({ path: '../evil' }), { name: 'x' }]),
  image('image: a NUL in a PAX path', [paxHeader({ path: 'a\0b' }), { name: 'x' }]),
  image('image: a write through a symbolic link', [{ name: 'l', flag: '2', link: '/tmp' }, { name: 'l/evil' }]),
  image('image: a write through a chain of links', [
    { name: 'a', flag: '2', link: '.' },
    { name: 'b', flag: '2', link: 'a/..' },
    { name: 'b/evil' },
  ]),
  layers('image: a hard link through a link of the layer below', [
    plain(rawTar([{ name: 'l', flag: '2', link: '/etc' }])),
    plain(rawTar([{ name: 'evil', flag: '1', link: 'l/passwd' }])),
  ]),
  layers(
    'image: whiteouts and opaque ones through a link of the layer below',
    [
      plain(rawTar([{ name: 'l', flag: '2', link: '../../outside' }])),
      plain(rawTar([{ name: 'l/.wh.secret' }, { name: 'l/.wh..wh..opq' }])),
    ],
    'ignored',
  ),
  linkOver('then a link for the one above it', (link) => [[...A, link]]),
  linkOver('then in another layer a link for the one above it', (link) => [A, [link]]),
  linkOver('then in another layer a whiteout and a link', (link) => [A, [{ name: '.wh.a' }, link]]),
  linkOver('then in another layer an opaque whiteout and a link', (link) => [A, [{ name: '.wh..wh..opq' }, link]]),
  linkOver('below a link of the layer below', (link) => [[link], A, [link]]),
  image('image: a hard link out', [{ name: 'l', flag: '1', link: '../../etc/passwd' }]),
  image('image: a hard link to an absolute path', [{ name: 'l', flag: '1', link: '/etc/passwd' }]),
  image('image: a hard link to nothing', [{ name: 'l', flag: '1', link: 'nothing' }]),
  image('image: a hard link to a directory', [
    { name: 'd/', flag: '5' },
    { name: 'l', flag: '1', link: 'd' },
  ]),
  image('image: a whiteout that climbs out', [{ name: '.wh...' }]),
  image(
    'image: our own state directory',
    [{ name: '.tekton-cache/staging/commit', content: '["place","../x"]\n' }],
    'ignored',
  ),
  image(
    'image: devices',
    [
      { name: 'sda', flag: '4' },
      { name: 'tty', flag: '3' },
    ],
    'ignored',
  ),
  image('image: a kind that nobody knows', [{ name: 'x', flag: 'Q' }]),
  image('image: a sparse file that has more than its parts', [{ name: 'x', flag: 'S', content: 'x' }]),
  image('image: a sparse file of an unknown version', [paxHeader({ 'GNU.sparse.major': '2' }), { name: 'x' }]),
  image(
    'image: a sparse file larger than allowed',
    [paxHeader({ 'GNU.sparse.map': '0,0', 'GNU.sparse.size': String(2 ** 49) }), { name: 'x' }],
    'TooLarge',
  ),
  layers('image: a member behind a single block of zeros', [
    plain(Buffer.concat([rawMember({ name: 'x' }), Buffer.alloc(512), rawTar([{ name: 'y' }])])),
  ]),
  layers('image: a write through a link of the layer below', [
    plain(rawTar([{ name: 'l', flag: '2', link: '/tmp' }])),
    plain(rawTar([{ name: 'l/evil' }])),
  ]),
  image('image: a wrong checksum', [{ name: 'x', checksum: 1 }]),
  image('image: a negative size', [{ name: 'x', size: '\xff'.repeat(12) }]),
  image('image: a size that is no number', [{ name: 'x', size: 'abcdefghijk' }]),
  image('image: a size past the layer', [{ name: 'x', size: 10_000 }]),
  image('image: a PAX size that is no number', [paxHeader({ size: '1e3' }), { name: 'x' }]),
  image('image: a PAX header that lies about its length', [
    { name: 'p', flag: 'x', content: '99 path=x\n' },
    { name: 'x' },
  ]),
  image('image: a PAX header of 2 MiB', [{ name: 'p', flag: 'x', content: Buffer.alloc(2 ** 21, 'x') }, { name: 'x' }]),
  layers('image: a tar that ends in a header', [plain(rawMember({ name: 'x' }).subarray(0, 300))]),
  layers('image: a layer that is no tar', [plain(Buffer.alloc(5000, 'no tar'))]),
  layers('image: gzip that is broken', [
    { mediaType: OCI.gzip, bytes: gzipSync(rawTar([{ name: 'x' }])).subarray(0, 40) },
  ]),
  layers('image: zstd that is broken', [
    {
      mediaType: OCI.zstd,
      bytes: Buffer.concat([zstdCompressSync(rawTar([{ name: 'x' }])).subarray(0, 30), Buffer.alloc(50, 7)]),
    },
  ]),
  layers('image: garbage behind the last frame', [
    { mediaType: OCI.zstd, bytes: Buffer.concat([zstdCompressSync(rawTar([{ name: 'x' }])), Buffer.from('garbage')]) },
  ]),
  layers('image: a layer of two bytes', [plain(Buffer.from('no'))]),
  layers('image: a gzip bomb', [gzip(zeros)], 'TooLarge'),
  layers('image: a zstd bomb', [zstd(zeros)], 'TooLarge'),
  layers('image: a file larger than allowed', [plain(rawTar([{ name: 'x', content: 'x'.repeat(2000) }]))], 'TooLarge', {
    limits: small,
  }),
  layers(
    'image: more files than allowed',
    [plain(rawTar(['a', 'b', 'c', 'd'].map((name) => ({ name }))))],
    'TooLarge',
    { limits: small },
  ),
  layers('image: a layer that is JSON', [{ mediaType: 'application/json', bytes: Buffer.from('{}') }]),
  {
    name: 'image: a manifest of another kind',
    outcome: 'InvalidImage',
    put: ({ store }) =>
      putJson(store, 'v1', DOCKER.manifest, {
        schemaVersion: 1,
        mediaType: 'application/vnd.docker.distribution.manifest.v1+json',
      }),
  },
  {
    name: 'image: a layer whose bytes are not those of its digest',
    outcome: 'DigestMismatch',
    put: async (bench) => {
      const { store, base } = bench;
      const layer = await putBytes(store, rawTar([{ name: 'x', content: 'true' }]), OCI.plain);
      const config = await putBytes(store, Buffer.from('{}'), OCI.config);
      await putJson(store, 'v1', OCI.manifest, { schemaVersion: 2, mediaType: OCI.manifest, config, layers: [layer] });
      fs.writeFileSync(
        join(base, 'store/blobs/sha256', layer.digest.slice(7)),
        rawTar([{ name: 'x', content: 'lies' }]),
      );
    },
  },
  {
    name: 'image: an index that leads to itself',
    outcome: 'InvalidImage',
    put: async ({ store }) => {
      const inner = await putJson(store, 'inner', OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: [] });
      await putJson(store, 'v1', OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests: [inner] });
    },
  },
];
