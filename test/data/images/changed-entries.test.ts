import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { readManifest, readOrigin } from '../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { runCommand } from '../../support/command.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';
import { startRegistry, type RunningRegistry } from '../../support/registry/registry-process.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const MIB = 1024 * 1024;
const TLS = ['--src-tls-verify=false', '--dest-tls-verify=false'];

/** Entries that another tool has copied or extended; the manifest may still say that they are entries. */
describe('an entry that another tool has changed', function () {
  this.timeout(300_000);
  let registry: RunningRegistry;
  let empty: RunningRegistry;
  let crane: string;
  let base: string;
  let dir: string;
  let image: string;
  let extra: string;

  before(async () => {
    crane = join(await toolSet('registry', (line) => process.stderr.write(`${line}\n`)), 'crane');
    [registry, empty] = await Promise.all([startRegistry(), startRegistry()]);
    base = fs.mkdtempSync(join(tmpdir(), 'changed-'));
    dir = join(base, 'workspace');
    image = `${registry.host}/entry:tag`;
    makeTree(dir);
    const upload = async (): Promise<void> => {
      const { store, reference } = openStore(image);
      await uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force: false });
      await store.close();
    };
    await upload();
    fs.rmSync(join(dir, 'gone'), { recursive: true });
    fs.writeFileSync(join(dir, 'new'), 'new');
    await upload();
    extra = join(base, 'extra');
    fs.mkdirSync(extra);
    fs.writeFileSync(join(extra, 'added'), 'added');
  });
  after(async () => {
    fs.rmSync(base, { recursive: true, force: true });
    await Promise.all([registry.stop(), empty.stop()]);
  });

  const skopeo = (from: string, to: string, ...more: string[]): Promise<string> =>
    runCommand('skopeo', ['--insecure-policy', 'copy', '--quiet', ...TLS, ...more, from, to]);
  const buildah = (...args: string[]): Promise<string> =>
    runCommand('buildah', [
      '--storage-driver',
      'vfs',
      '--root',
      join(base, 'containers'),
      '--runroot',
      join(base, 'run'),
      ...args,
    ]);

  /** What each tool makes, and where. */
  const changes: Readonly<Record<string, () => Promise<string>>> = {
    'skopeo, which compresses all layers anew for an empty registry': async () => {
      const to = `${empty.host}/copy:tag`;
      await skopeo(`docker://${image}`, `docker://${to}`, '--dest-compress', '--dest-compress-format', 'gzip');
      return to;
    },
    'skopeo, which makes a docker manifest': async () => {
      const [gzip, to] = [`${empty.host}/gzip:tag`, `${registry.host}/docker:tag`];
      await skopeo(`docker://${image}`, `docker://${gzip}`, '--dest-compress', '--dest-compress-format', 'gzip');
      await skopeo(`docker://${gzip}`, `docker://${to}`, '--format', 'v2s2');
      return to;
    },
    'crane append': async () => {
      const tar = join(base, 'extra.tar');
      await runCommand('tar', ['-C', extra, '-cf', tar, 'added']);
      const to = image.replace(/tag$/, 'appended');
      await runCommand(crane, ['append', '-b', image, '-f', tar, '-t', to]);
      return to;
    },
    'crane flatten': async () => {
      await runCommand(crane, ['flatten', image, '-t', `${registry.host}/flat:tag`]);
      return `${registry.host}/flat:tag`;
    },
    'umoci insert': async () => {
      const at = join(base, 'layout');
      await skopeo(`docker://${image}`, `oci:${at}:tag`);
      await runCommand('umoci', ['insert', '--image', `${at}:tag`, join(extra, 'added'), '/added']);
      return `oci:${at}:tag`;
    },
    'buildah from, copy and commit': async () => {
      const to = `${registry.host}/committed:tag`;
      const container = (await buildah('from', '--tls-verify=false', `docker://${image}`)).trim();
      await buildah('copy', container, join(extra, 'added'), '/added');
      await buildah('commit', '--tls-verify=false', container, `docker://${to}`);
      return to;
    },
  };

  for (const [tool, change] of Object.entries(changes)) {
    it(`is fetched as the image that it is: ${tool}`, async () => {
      const { store, reference } = openStore(await change());
      const manifest = await store.getManifest(reference);
      const bytes = manifest?.bytes ?? Buffer.alloc(0);
      expect(readManifest(bytes), 'the index is lost').to.equal(undefined);
      const into = fs.mkdtempSync(join(base, 'fetched-'));
      const outcome = await fetchEntry({ store, reference, dir: into, paths: [], exclude: [], clean: true });
      await store.close();
      expect(outcome).to.include({ found: true });
      expect(outcome.found && outcome.annotations).to.deep.equal(readOrigin(bytes)?.annotations ?? {});
      const picture = treePicture(into).filter((line) => !line.startsWith('added '));
      expectSameTree(picture, treePicture(dir));
      const isExtended = ['crane append', 'umoci insert', 'buildah from, copy and commit'].includes(tool);
      expect(fs.existsSync(join(into, 'added'))).to.equal(isExtended);
      fs.rmSync(into, { recursive: true });
    });
  }
});

/** Files of several frames, ones that compress more than a thousand times, links, deletions. */
function makeTree(dir: string): void {
  for (const path of ['a/b/small', 'gone/file']) {
    fs.mkdirSync(join(dir, path, '..'), { recursive: true });
    fs.writeFileSync(join(dir, path), path);
  }
  fs.chmodSync(join(dir, 'a/b'), 0o711);
  fs.writeFileSync(join(dir, 'random'), randomBytes(40 * MIB));
  fs.writeFileSync(join(dir, 'log'), Buffer.alloc(100 * MIB, 'one line of a log, again and again\n'));
  fs.linkSync(join(dir, 'random'), join(dir, 'same'));
  fs.symlinkSync('a/b/small', join(dir, 'link'));
}
