import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { changeTree, seeded } from '../../support/tree/change-tree.ts';
import { runCommand } from '../../support/command.ts';
import { startContainerd } from '../../support/process/containerd.ts';
import type { Containerd } from '../../support/process/containerd.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const KINDS = ['nothing', 'file', 'directory', 'other-directory', 'symlink', 'hardlink'] as const;
type Kind = (typeof KINDS)[number];

describe('an entry, to ordinary tools', function () {
  this.timeout(120_000);
  let registry: RunningRegistry;
  let containerd: Containerd;
  let crane: string;
  let base: string;
  let dir: string;
  let image: string;

  before(async () => {
    crane = join(await toolSet('registry', (line) => process.stderr.write(`${line}\n`)), 'crane');
    registry = await startRegistry();
    containerd = await startContainerd();
  });
  after(async () => {
    await containerd.stop();
    await registry.stop();
  });

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'ordinary-'));
    dir = join(base, 'workspace');
    fs.mkdirSync(dir);
    image = `${registry.host}/cache-${base.slice(-6).toLowerCase()}:tag`;
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const upload = async (compression: 'zstd' | 'gzip' = 'zstd', force = false): Promise<void> => {
    const { store, reference } = openStore(image);
    await uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force, compression });
    await store.close();
  };
  const fetched = async (from = image): Promise<string[]> => {
    const { store, reference } = openStore(from);
    const into = fs.mkdtempSync(join(base, 'fetched-'));
    await fetchEntry({ store, reference, dir: into, paths: [], exclude: [], clean: true });
    await store.close();
    return treePicture(into);
  };
  const exported = async (): Promise<string[]> => {
    const into = fs.mkdtempSync(join(base, 'exported-'));
    const script = '"$0" export "$1" - | tar -x -p --delay-directory-restore -C "$2"';
    await runCommand('bash', ['-o', 'pipefail', '-c', script, crane, image, into]);
    return treePicture(into);
  };
  const unpacked = async (): Promise<string[]> => {
    const at = fs.mkdtempSync(join(base, 'unpacked-'));
    const copy = ['copy', '--quiet', '--src-tls-verify=false', '--dest-compress-format', 'gzip', '--dest-compress'];
    await runCommand('skopeo', ['--insecure-policy', ...copy, `docker://${image}`, `oci:${at}/image:tag`]);
    await runCommand('umoci', ['unpack', '--image', `${at}/image:tag`, join(at, 'bundle')]);
    return treePicture(join(at, 'bundle/rootfs'));
  };
  const expectSame = async (message: string): Promise<void> => {
    const picture = treePicture(dir);
    expectSameTree(await fetched(), picture, `${message}, our fetch`);
    expectSameTree(await exported(), picture, `${message}, crane export`);
    expectSameTree(await unpacked(), picture, `${message}, skopeo and umoci`);
    expectSameTree(await containerd.mounted(image, treePicture), picture, `${message}, containerd`);
  };

  for (const compression of ['zstd', 'gzip'] as const) {
    it(`is the same tree after every change of type, with ${compression}`, async () => {
      fs.writeFileSync(join(dir, 'linked'), 'a file with many names');
      const paths = KINDS.flatMap((from) => KINDS.map((to) => ({ path: join(dir, `${from}-to-${to}`), from, to })));
      for (const { path, from } of paths) make(path, from, dir);
      await upload(compression);
      await expectSame('before');
      for (const { path, to } of paths) make(path, to, dir);
      await upload(compression);
      await expectSame('changed');
      for (const { path, from } of paths) make(path, from, dir);
      await upload(compression);
      await expectSame('changed back');
    });
  }

  it('is the same tree where other bytes were sent for what may be broken', async () => {
    for (const kind of KINDS) make(join(dir, kind), kind === 'hardlink' ? 'file' : kind, dir);
    fs.linkSync(join(dir, 'file'), join(dir, 'linked'));
    for (const compression of ['zstd', 'gzip'] as const) {
      await upload(compression, true);
      await expectSame(compression);
    }
  });

  it('is fetched as an ordinary image where another tool has compressed its layers anew', async () => {
    for (const kind of KINDS) make(join(dir, kind), kind === 'hardlink' ? 'file' : kind, dir);
    fs.linkSync(join(dir, 'file'), join(dir, 'linked'));
    await upload();
    fs.rmSync(join(dir, 'directory'), { recursive: true });
    fs.writeFileSync(join(dir, 'new'), 'new');
    await upload();
    const copy = image.replace(':tag', ':gzip');
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    const compression = ['--dest-compress', '--dest-compress-format', 'gzip'];
    const places = [`docker://${image}`, `docker://${copy}`];
    await runCommand('skopeo', ['--insecure-policy', 'copy', '--quiet', ...tls, ...compression, ...places]);
    expectSameTree(await fetched(copy), treePicture(dir));
  });

  it('is the same tree after deletions at any depth and renames of directories', async () => {
    for (const path of ['a/b/c/d', 'a/b/x', 'a/y', 'e/f', 'keep/me', 'linked']) {
      fs.mkdirSync(join(dir, path, '..'), { recursive: true });
      fs.writeFileSync(join(dir, path), path);
    }
    await upload();
    fs.rmSync(join(dir, 'a/b/c'), { recursive: true });
    fs.renameSync(join(dir, 'e'), join(dir, 'a/e'));
    await upload();
    await expectSame('renamed');
    fs.rmSync(join(dir, 'a'), { recursive: true });
    await upload();
    await expectSame('deleted');
    fs.mkdirSync(join(dir, 'a'));
    fs.writeFileSync(join(dir, 'a/y'), 'again');
    await upload();
    await expectSame('made again');
    for (const kind of KINDS) {
      for (const next of ['directory', kind, 'other-directory'] as const) {
        make(join(dir, `turned-${kind}`), next, dir);
        await upload();
      }
    }
    await expectSame('turned');
  });

  it('is the same tree when a directory comes back long after it went', async () => {
    make(join(dir, 'kept'), 'directory', dir);
    make(join(dir, 'gone'), 'directory', dir);
    await upload();
    fs.rmSync(join(dir, 'gone'), { recursive: true });
    // More uploads than there are deltas: the index is a new base since.
    for (let round = 0; round < 10; round++) {
      fs.writeFileSync(join(dir, 'round'), String(round));
      await upload();
    }
    make(join(dir, 'gone'), 'other-directory', dir);
    await upload();
    await expectSame('it is back');
  });

  for (const seed of [11, 12]) {
    it(`is the same tree after many uploads and compaction (seed ${seed})`, async () => {
      const random = seeded(seed);
      changeTree(dir, random, 80);
      for (let round = 0; round < 24; round++) {
        changeTree(dir, random, 10);
        // Most of what is stored is dead soon.
        fs.writeFileSync(
          join(dir, 'large'),
          Buffer.from(Uint32Array.from({ length: 200_000 }, () => random(2 ** 32)).buffer),
        );
        await upload();
        if (round % 6 === 5) await expectSame(`round ${round}`);
      }
    });
  }
});

/** Brings a path to what it shall be, whatever it was. */
function make(path: string, kind: Kind, dir: string): void {
  fs.rmSync(path, { recursive: true, force: true });
  if (kind === 'file') fs.writeFileSync(path, 'content');
  if (kind === 'symlink') fs.symlinkSync('linked', path);
  if (kind === 'hardlink') fs.linkSync(join(dir, 'linked'), path);
  if (kind !== 'directory' && kind !== 'other-directory') return;
  fs.mkdirSync(join(path, 'sub'), { recursive: true });
  fs.writeFileSync(join(path, kind), kind);
  fs.writeFileSync(join(path, 'sub', kind), kind);
}
