/** The forms of images that builders make, as small as they can be. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DOCKER, OCI } from '../../support/entry/put-image.ts';
import { paxHeader, rawMember, rawTar, type RawMember } from '../../support/entry/raw-tar.ts';

/** The archive of a layer, and the blob of it. */
interface Packed {
  readonly tar: Buffer;
  readonly blob: Buffer;
}

export type Packing = (members: readonly RawMember[]) => Packed;

export interface Form {
  readonly layers: readonly (readonly RawMember[])[];
  readonly packing: Packing;
  /** Those of OCI, with gzip, where it does not say. */
  readonly types?: { readonly manifest: string; readonly config: string; readonly layer: string };
  /** Some of what has to be there, so that nobody agrees on nothing. */
  readonly has: readonly string[];
  readonly lacks?: readonly string[];
  /** crane does not heed opaque directories. */
  readonly otherToCrane?: true;
}

const packed = (tar: Buffer, compress: (bytes: Buffer) => Buffer): Packed => ({ tar, blob: compress(tar) });
/** Each member by itself, and the end of the archive. */
const pieces = (members: readonly RawMember[], compress: (bytes: Buffer) => Buffer): Packed => {
  const parts = [...members.map(rawMember), Buffer.alloc(1024)];
  return { tar: Buffer.concat(parts), blob: Buffer.concat(parts.map((part) => compress(part))) };
};
const plain: Packing = (members) => packed(rawTar(members), (tar) => tar);
const gzip: Packing = (members) => packed(rawTar(members), gzipSync);
const zstd: Packing = (members) => packed(rawTar(members), zstdCompressSync);
const gzipMembers: Packing = (members) => pieces(members, gzipSync);
const zstdFrames: Packing = (members) => pieces(members, zstdCompressSync);
/** Without the two blocks of zeros. */
const unended: Packing = (members) => packed(Buffer.concat(members.map(rawMember)), gzipSync);

/** A gzip member for each file, the last one for the table of contents, and a footer that says where that begins. */
const estargz: Packing = (members) => {
  const toc = JSON.stringify({ version: 1, entries: members.map(({ name }) => ({ name, type: 'reg' })) });
  const { tar, blob } = pieces([...members, { name: 'stargz.index.json', content: toc }], gzipSync);
  const footer = Buffer.concat([
    Buffer.from('1f8b08040000000000ff1a0053471600', 'hex'),
    Buffer.from(`${'1'.padStart(16, '0')}STARGZ`),
    Buffer.from('010000ffff0000000000000000', 'hex'),
  ]);
  return { tar, blob: Buffer.concat([blob, footer]) };
};

const DOCKER_GZIP = { manifest: DOCKER.manifest, config: DOCKER.config, layer: DOCKER.gzip };
const DOCKER_PLAIN = { ...DOCKER_GZIP, layer: 'application/vnd.docker.image.rootfs.diff.tar' };
export const OCI_GZIP = { manifest: OCI.manifest, config: OCI.config, layer: OCI.gzip };
const OCI_PLAIN = { ...OCI_GZIP, layer: OCI.plain };
const OCI_ZSTD = { ...OCI_GZIP, layer: OCI.zstd };

/** As tools that want the same bytes each time set it. */
const EPOCH_SECOND = 1;
const EPOCH_1980 = 315_532_801;

const dir = (name: string, mode = 0o755, mtime = EPOCH_SECOND): RawMember => ({ name, flag: '5', mode, mtime });
const file = (name: string, content = name, mode = 0o644, mtime = EPOCH_SECOND): RawMember => ({
  name,
  content,
  mode,
  mtime,
});
const link = (name: string, target: string): RawMember => ({ name, flag: '2', link: target, mtime: EPOCH_SECOND });
/** Its header says the mode of the file again. */
const same = (name: string, target: string, mode = 0o644): RawMember => ({
  name,
  flag: '1',
  link: target,
  mode,
  mtime: EPOCH_SECOND,
});

const JIB_LAYERS = [
  [dir('app/'), dir('app/libs/'), file('app/libs/guava-33.jar'), file('app/libs/gson-2.jar')],
  [dir('app/'), dir('app/resources/'), file('app/resources/application.properties')],
  [dir('app/'), dir('app/classes/'), dir('app/classes/org/'), file('app/classes/org/Main.class')],
  [dir('app/'), file('app/jib-classpath-file'), file('app/jib-main-class-file')],
];
const JIB_HAS = ['app/libs/gson-2.jar', 'app/classes/org/Main.class', 'app/jib-main-class-file'];

export const FORMS: Readonly<Record<string, Form>> = {
  'jib, Docker types': { layers: JIB_LAYERS, packing: gzip, types: DOCKER_GZIP, has: JIB_HAS },
  'jib, OCI types and several gzip members': { layers: JIB_LAYERS, packing: gzipMembers, has: JIB_HAS },
  'layers by kind, without headers of directories': {
    layers: JIB_LAYERS.map((members) => members.filter(({ flag }) => flag !== '5')),
    packing: unended,
    has: JIB_HAS,
  },
  'layers by kind, absolute': {
    layers: JIB_LAYERS.map((members) => members.map((member) => ({ ...member, name: `/${member.name}` }))),
    packing: gzip,
    types: DOCKER_GZIP,
    has: JIB_HAS,
  },
  'ko: absolute names, files that nobody may write, links in kodata': {
    layers: [
      [dir('/var/run/ko', 0o555), file('/var/run/ko/page.html', 'page', 0o555), link('/var/run/ko/HEAD', 'refs/main')],
      [dir('/ko-app', 0o555), file('/ko-app/app', 'binary', 0o555)],
    ],
    packing: gzip,
    has: ['ko-app/app', 'var/run/ko/HEAD', 'var/run/ko/page.html'],
  },
  'apko: extended attributes, checksums, hard links, a link where a directory was merged': {
    layers: [
      [
        dir('usr'),
        dir('usr/bin'),
        link('bin', 'usr/bin'),
        paxHeader({ 'APK-TOOLS.checksum.SHA1': 'aa'.repeat(20), 'SCHILY.xattr.user.comment': 'a=b\n\xff' }),
        file('usr/bin/busybox', 'busybox', 0o755),
        same('usr/bin/sh', 'usr/bin/busybox', 0o755),
        paxHeader({ 'SCHILY.acl.access': 'user::rw-,group::r--,other::r--', 'LIBARCHIVE.creationtime': '12.5' }),
        file('etc/passwd', 'root:x:0:0', 0o640),
      ],
    ],
    packing: gzip,
    has: ['bin', 'usr/bin/sh', 'etc/passwd'],
  },
  'dockerTools of nix: directories that nobody may write, hard links, a root of its own': {
    layers: [
      [
        dir('./', 0o755),
        dir('./nix', 0o755),
        dir('./nix/store', 0o555),
        dir('./nix/store/abc-glibc', 0o555),
        file('./nix/store/abc-glibc/libc.so', 'libc', 0o444),
        same('./nix/store/abc-glibc/libc.so.6', './nix/store/abc-glibc/libc.so', 0o444),
      ],
      [
        dir('./nix', 0o755),
        dir('./nix/store', 0o555),
        dir('./nix/store/def-hello', 0o555),
        file('./nix/store/def-hello/hello', 'hello', 0o555),
      ],
      [link('./bin', '/nix/store/def-hello')],
    ],
    packing: plain,
    types: OCI_PLAIN,
    has: ['nix/store/abc-glibc/libc.so.6', 'nix/store/def-hello/hello', 'bin'],
  },
  'nix2container: absolute names and targets': {
    layers: [
      [
        dir('/nix', 0o755),
        dir('/nix/store', 0o755),
        file('/nix/store/a', 'a', 0o444),
        same('/nix/store/b', '/nix/store/a', 0o444),
      ],
    ],
    packing: plain,
    types: OCI_PLAIN,
    has: ['nix/store/a', 'nix/store/b'],
  },
  'rules_docker: names with ./ and no directories': {
    layers: [
      [file('./app/lib/a.py'), file('./app/lib/b.py')],
      [file('./app/main.py', 'main', 0o555), link('./app/main.runfiles', 'main')],
    ],
    packing: plain,
    types: DOCKER_PLAIN,
    has: ['app/lib/b.py', 'app/main.runfiles'],
  },
  'rules_oci: zstd, one frame for each member': {
    layers: [[dir('app'), dir('app/bin'), file('app/bin/main', 'main', 0o555, 0)], [file('app/data.txt')]],
    packing: zstdFrames,
    types: OCI_ZSTD,
    has: ['app/bin/main', 'app/data.txt'],
  },
  'the lifecycle of buildpacks: absolute names, sorted, from 1980, ids of many digits': {
    layers: [
      [
        dir('/layers', 0o755, EPOCH_1980),
        paxHeader({ uid: '3000000', gid: '4294967294' }),
        dir('/layers/google.nodejs', 0o755, EPOCH_1980),
        file('/layers/google.nodejs/node', 'node', 0o755, EPOCH_1980),
      ],
      [
        dir('/cnb', 0o755, EPOCH_1980),
        dir('/cnb/process', 0o755, EPOCH_1980),
        link('/cnb/process/web', '/cnb/lifecycle/launcher'),
      ],
      [dir('/workspace', 0o775, EPOCH_1980), file('/workspace/server.js', 'server', 0o664, EPOCH_1980)],
    ],
    packing: gzip,
    types: DOCKER_GZIP,
    has: ['layers/google.nodejs/node', 'cnb/process/web', 'workspace/server.js'],
  },
  'kaniko: the root itself, whiteouts and hard links by absolute names': {
    layers: [
      [dir('/'), dir('/app/'), file('/app/old'), file('/app/kept'), dir('/app/gone/'), file('/app/gone/file')],
      [
        dir('/'),
        dir('/app/', 0o700),
        file('/app/.wh.old', ''),
        file('/app/.wh.gone', ''),
        file('/app/new'),
        same('/app/same', '/app/new'),
      ],
    ],
    packing: gzip,
    types: DOCKER_GZIP,
    has: ['app/kept', 'app/same'],
    lacks: ['app/old', 'app/gone', 'app/.wh.old'],
  },
  'BuildKit: zstd, an opaque directory': {
    layers: [
      [dir('a/'), file('a/old'), file('a/older')],
      [dir('a/'), file('a/.wh..wh..opq', ''), file('a/new')],
    ],
    packing: zstd,
    types: OCI_ZSTD,
    has: ['a/new'],
    lacks: ['a/old', 'a/older', 'a/.wh..wh..opq'],
    otherToCrane: true,
  },
  'estargz, with its landmarks and table': {
    layers: [
      [file('.prefetch.landmark', '\x0f'), dir('bin/'), file('bin/tool', 'tool', 0o755)],
      [file('.no.prefetch.landmark', '\x0f'), file('bin/other', 'other', 0o755)],
    ],
    packing: estargz,
    has: ['.prefetch.landmark', 'bin/tool', 'bin/other', 'stargz.index.json'],
  },
  'layers of Windows': {
    layers: [
      [
        dir('Files'),
        paxHeader({ 'MSWINDOWS.fileattr': '32', 'MSWINDOWS.rawsd': 'AQAUgBQAAAAk=', mtime: '1700000000.1234567' }),
        file('Files/app.exe', 'MZ'),
        dir('Hives'),
        file('Hives/Sam_Delta', 'regf'),
      ],
    ],
    packing: gzip,
    types: DOCKER_GZIP,
    has: ['Files/app.exe', 'Hives/Sam_Delta'],
  },
  'the same layer twice, and one without members': {
    layers: [[dir('d/'), file('d/f'), same('d/g', 'd/f')], [], [dir('d/'), file('d/f'), same('d/g', 'd/f')]],
    packing: gzip,
    has: ['d/f', 'd/g'],
  },
  'names that are no UTF-8, composed and decomposed, of 255 bytes': {
    layers: [
      [
        file('caf\xe9'),
        file(Buffer.from('d/\u00e9', 'utf8').toString('latin1')),
        file(Buffer.from('d/e\u0301', 'utf8').toString('latin1')),
        paxHeader({ path: `d//./${'n'.repeat(255)}` }),
        file('x'),
      ],
    ],
    packing: gzip,
    has: ['d'],
  },
  'times at the epoch and far ahead': {
    layers: [[paxHeader({ mtime: '4102444800.25' }), file('ahead'), paxHeader({ mtime: '0' }), file('epoch')]],
    packing: gzip,
    has: ['ahead', 'epoch'],
  },
};
