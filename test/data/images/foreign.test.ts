import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { arch } from 'node:process';
import { join } from 'node:path';
import { expect } from 'chai';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { DOCKER, gzip, OCI, plain, putImage, putJson, zstd } from '../../support/entry/put-image.ts';
import { paxHeader, rawTar, type RawMember } from '../../support/entry/raw-tar.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const dir = (name: string): RawMember => ({ name: `${name}/`, flag: '5', mode: 0o755 });
const file = (name: string, content = name): RawMember => ({ name, content });

/** Path and content of each file, `path -> target` of each link, `path/` of each directory. */
function listing(root: string, below = ''): string[] {
  return fs
    .readdirSync(join(root, below))
    .toSorted()
    .filter((name) => name !== '.tekton-cache')
    .flatMap((name) => {
      const path = join(below, name);
      const stat = fs.lstatSync(join(root, path));
      if (stat.isSymbolicLink()) return [`${path} -> ${fs.readlinkSync(join(root, path))}`];
      if (stat.isDirectory()) return [`${path}/`, ...listing(root, path)];
      return [`${path}: ${fs.readFileSync(join(root, path), 'utf8')}`];
    });
}

describe('a fetch of an ordinary image', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  for (const [name, layer] of Object.entries({ plain, gzip, zstd })) {
    it(`restores a ${name} layer of GNU tar exactly`, async () => {
      const source = join(bench.base, 'source');
      fs.mkdirSync(join(source, 'a/deep'), { recursive: true });
      fs.writeFileSync(join(source, 'a/deep', `${'long'.repeat(50)}.txt`), 'a long name');
      fs.writeFileSync(join(source, 'a/script'), 'x'.repeat(200_000), { mode: 0o755 });
      fs.writeFileSync(Buffer.from(`${source}/bytes\xff\nand a newline`, 'latin1'), 'not UTF-8');
      fs.chmodSync(join(source, 'a/script'), 0o4711);
      fs.linkSync(join(source, 'a/script'), join(source, 'z-same'));
      fs.symlinkSync('../../outside', join(source, 'link'));
      fs.mkdirSync(join(source, 'empty'), { mode: 0o700 });
      execFileSync('find', [source, '-depth', '-exec', 'touch', '-h', '-d', '2009-02-13T23:31:30.25Z', '{}', '+']);
      const tar = execFileSync('tar', ['--format=posix', '-C', source, '-c', '.'], { maxBuffer: 1e8 });
      await putImage(bench.store, 'v1', [layer(tar)]);
      const outcome = await bench.fetch();
      expect(outcome).to.include({ found: true, files: 8 });
      expect(treePicture(bench.target)).to.deep.equal(treePicture(source));
    });
  }

  it('reads GNU headers and whole seconds', async () => {
    const source = join(bench.base, 'source');
    fs.mkdirSync(source);
    fs.writeFileSync(join(source, 'n'.repeat(180)), 'long');
    fs.symlinkSync('t'.repeat(180), join(source, 'link'));
    fs.utimesSync(join(source, 'n'.repeat(180)), 1e9, 1e9);
    fs.lutimesSync(join(source, 'link'), 1e9, 1e9);
    const tar = execFileSync('tar', ['--format=gnu', '-C', source, '-c', '.']);
    await putImage(bench.store, 'v1', [gzip(tar)], DOCKER);
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(treePicture(source));
  });

  it('lays layers over each other, whiteouts and opaque ones included, whatever their place in the layer', async () => {
    await putImage(bench.store, 'v1', [
      gzip(
        rawTar([
          dir('kept'),
          file('kept/a'),
          file('kept/b'),
          dir('opaque'),
          file('opaque/old'),
          dir('d'),
          file('d/x'),
          file('f'),
        ]),
      ),
      zstd(
        rawTar([
          file('opaque/new'),
          file('opaque/.wh..wh..opq', ''),
          file('kept/.wh.a', ''),
          file('kept/b', 'changed'),
          file('.wh.d', ''),
          dir('d'),
          file('d/y'),
          file('.wh.f', ''),
          dir('f'),
          file('f/inside'),
        ]),
      ),
      plain(
        rawTar([
          { name: 'kept', flag: '2', link: 'f' },
          { name: 'same', flag: '1', link: 'f/inside' },
        ]),
      ),
    ]);
    await bench.fetch();
    expect(listing(bench.target)).to.deep.equal([
      'd/',
      'd/y: d/y',
      'f/',
      'f/inside: f/inside',
      'kept -> f',
      'opaque/',
      'opaque/new: opaque/new',
      'same: f/inside',
    ]);
    expect(fs.statSync(join(bench.target, 'same')).ino).to.equal(fs.statSync(join(bench.target, 'f/inside')).ino);
  });

  it('takes the layer that a Go tool appends: no directories, names with and without ./', async () => {
    const members = [file('node_modules/a/index.js'), file('./node_modules/b/index.js'), { name: './', flag: '5' }];
    await putImage(bench.store, 'v1', [gzip(rawTar(members))], DOCKER);
    await bench.fetch();
    expect(listing(bench.target)).to.deep.equal([
      'node_modules/',
      'node_modules/a/',
      'node_modules/a/index.js: node_modules/a/index.js',
      'node_modules/b/',
      'node_modules/b/index.js: ./node_modules/b/index.js',
    ]);
  });

  it('keeps nanoseconds of PAX times', async () => {
    const members = [paxHeader({ mtime: '1234567890.123456789', path: 'from pax\nwith a newline' }), file('x', 'y')];
    await putImage(bench.store, 'v1', [plain(rawTar(members))]);
    await bench.fetch();
    const { mtimeNs } = fs.statSync(join(bench.target, 'from pax\nwith a newline'), { bigint: true });
    expect(Math.abs(Number(mtimeNs - 1234567890123456789n))).to.be.lessThan(1000);
  });

  it('picks the manifest of this platform', async () => {
    const mine = await putImage(bench.store, 'mine', [plain(rawTar([file('mine')]))]);
    const other = await putImage(bench.store, 'other', [plain(rawTar([file('other')]))]);
    await putJson(bench.store, 'v1', OCI.index, {
      schemaVersion: 2,
      mediaType: OCI.index,
      manifests: [
        { ...other, platform: { os: 'linux', architecture: 's390x' } },
        { ...mine, platform: { os: 'linux', architecture: arch === 'x64' ? 'amd64' : arch } },
      ],
    });
    await bench.fetch();
    expect(listing(bench.target)).to.deep.equal(['mine: mine']);
  });

  it('takes the only image of an index without platforms, beside attestations, and of an index in an index', async () => {
    const mine = await putImage(bench.store, 'mine', [plain(rawTar([file('mine')]))]);
    const other = await putImage(bench.store, 'other', [plain(rawTar([file('other')]))]);
    const index = { schemaVersion: 2, mediaType: OCI.index };
    const about = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
    const inner = await putJson(bench.store, 'inner', OCI.index, {
      ...index,
      manifests: [
        { ...other, ...about },
        { ...other, platform: { os: 'unknown', architecture: 'unknown' } },
        { ...other, artifactType: 'application/vnd.example.signature' },
        mine,
      ],
    });
    await putJson(bench.store, 'v1', OCI.index, { ...index, manifests: [inner] });
    await bench.fetch();
    expect(listing(bench.target)).to.deep.equal(['mine: mine']);
  });

  it('merges into what is there, leaves what is equal alone and removes what is not in it only when told', async () => {
    fs.mkdirSync(join(bench.target, 'd'));
    fs.writeFileSync(join(bench.target, 'd/extra'), 'extra');
    fs.writeFileSync(join(bench.target, 'd/equal'), 'same');
    fs.writeFileSync(join(bench.target, 'd/other'), 'old');
    await putImage(bench.store, 'v1', [plain(rawTar([dir('d'), file('d/equal', 'same'), file('d/other', 'new')]))]);
    const inode = fs.statSync(join(bench.target, 'd/equal')).ino;
    await bench.fetch();
    expect(listing(bench.target)).to.deep.equal(['d/', 'd/equal: same', 'd/extra: extra', 'd/other: new']);
    expect(fs.statSync(join(bench.target, 'd/equal')).ino).to.equal(inode);
    await bench.fetch({ clean: true });
    expect(listing(bench.target)).to.deep.equal(['d/', 'd/equal: same', 'd/other: new']);
  });

  it('leaves out what is outside of the chosen paths, or excluded', async () => {
    await putImage(bench.store, 'v1', [plain(rawTar([file('a/b/c'), file('a/x'), file('a/b/skip.log'), file('top')]))]);
    await bench.fetch({ paths: ['a/b'], exclude: ['**/*.log'] });
    expect(listing(bench.target)).to.deep.equal(['a/', 'a/b/', 'a/b/c: a/b/c']);
  });

  it('leaves out what is excluded beside what a `!` brings back', async () => {
    const members = [dir('d'), file('d/foo.log'), file('d/keep.log'), file('d/x'), dir('logs'), file('logs/only.log')];
    await putImage(bench.store, 'v1', [plain(rawTar(members))]);
    await bench.fetch({ exclude: ['**/*.log', '!**/keep.log'] });
    expect(listing(bench.target)).to.deep.equal(['d/', 'd/keep.log: d/keep.log', 'd/x: d/x', 'logs/']);
  });

  it('hides what later layers hide, or put a file over, also where only paths below are chosen', async () => {
    await putImage(bench.store, 'v1', [
      plain(rawTar([file('a/b/old'), file('a/c/old'), file('e/f/old')])),
      plain(rawTar([file('a/.wh.b', ''), file('a/c/new'), file('e', 'a file now')])),
    ]);
    await bench.fetch({ paths: ['a/b', 'a/c', 'e/f'] });
    expect(listing(bench.target)).to.deep.equal(['a/', 'a/c/', 'a/c/new: a/c/new', 'a/c/old: a/c/old']);
  });

  it('leaves devices out, and says so', async () => {
    await putImage(bench.store, 'v1', [
      plain(rawTar([{ name: 'null', flag: '3' }, { name: 'pipe', flag: '6' }, file('f')])),
    ]);
    const outcome = await bench.fetch();
    expect(listing(bench.target)).to.deep.equal(['f: f']);
    expect(outcome.found && outcome.notes.join()).to.match(/2 devices/);
  });
});
