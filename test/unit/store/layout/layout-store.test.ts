import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { BlobsUnknownError } from '../../../../shared/store/blobs-unknown-error.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { withLock } from '../../../../shared/store/layout/layout-lock.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { codeOf } from '../../../support/code-of.ts';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = Buffer.from('{}');

const manifestWith = (note: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(CONFIG), size: CONFIG.length },
      layers: [],
      annotations: { note },
    }),
  );

const failureOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no failure', codeOf);

describe('LayoutStore', () => {
  let dir: string;
  let store: Store;
  const open = (name = 'layout'): Store => openStore(`oci:${join(dir, name)}:v1`).store;
  const read = async (digest: string, size: number): Promise<string> => {
    let text = '';
    await store.readBlob({ mediaType: '', digest, size }, (chunk) => {
      text += Buffer.from(chunk).toString('latin1');
    });
    return text;
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-layout-'));
    store = open();
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('has nothing before something was put', async () => {
    expect(await store.headManifest('v1')).to.equal(undefined);
    expect(await store.hasBlob(sha256(CONFIG))).to.equal(false);
  });

  it('waits for no pipe and reads no device that somebody put in the place of a file', async () => {
    await store.putBlob(sha256(CONFIG), CONFIG);
    await store.putManifest('v1', OCI_MANIFEST, manifestWith('one'));
    const file = (...names: readonly string[]): string => join(dir, 'layout', ...names);
    const blob = (digest: string): string => file('blobs', digest.replace(':', '/'));
    for (const put of [
      (path: string): unknown => execFileSync('mkfifo', [path]),
      (path: string): unknown => symlink('/dev/zero', path),
    ]) {
      for (const digest of [sha256(CONFIG), sha256(manifestWith('one'))]) {
        await rm(blob(digest));
        await put(blob(digest));
        expect(await store.hasBlob(digest)).to.equal(false);
      }
      expect(await store.getManifest('v1')).to.equal(undefined);
      expect(await failureOf(read(sha256(CONFIG), CONFIG.length))).to.equal(ERROR_CODES.NotFound);
      await rm(file('index.json'));
      await put(file('index.json'));
      expect(await failureOf(store.getManifest('v1'))).to.equal(ERROR_CODES.InvalidImage);
      await rm(file('index.json'));
      await store.putBlob(sha256(CONFIG), CONFIG);
      await store.putManifest('v1', OCI_MANIFEST, manifestWith('one'));
      expect(await read(sha256(CONFIG), CONFIG.length)).to.equal(CONFIG.toString());
    }
  });

  it('keeps blobs under their digest', async () => {
    expect(await store.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
    expect(await store.putBlob(sha256(CONFIG), CONFIG)).to.equal(false);
    const written = await store.writeBlob('text/plain', async (write) => {
      for (const piece of ['a', 'bc', 'def']) await write(Buffer.from(piece));
    });
    expect(written).to.deep.equal({ mediaType: 'text/plain', digest: sha256(Buffer.from('abcdef')), size: 6 });
    expect(await read(written.digest, 6)).to.equal('abcdef');
  });

  it('refuses bytes that do not have the digest, coming and going', async () => {
    expect(await failureOf(store.putBlob(sha256(CONFIG), Buffer.from('[]')))).to.equal(ERROR_CODES.DigestMismatch);
    await store.putBlob(sha256(CONFIG), CONFIG);
    await writeFile(join(dir, 'layout', 'blobs', sha256(CONFIG).replace(':', '/')), '[]');
    expect(await failureOf(read(sha256(CONFIG), 2))).to.equal(ERROR_CODES.DigestMismatch);
    expect(await failureOf(read(sha256(CONFIG), 3))).to.equal(ERROR_CODES.DigestMismatch);
    expect(await failureOf(read(sha256(Buffer.from('x')), 1))).to.equal(ERROR_CODES.NotFound);
  });

  for (const [name, isFound] of [
    [undefined, true],
    ['registry.example.com/team/cache:v1', true],
    ['v1', false],
  ] as const) {
    it(`gives the only image of another tool to who asks for no tag, ${name ?? 'no name'}: ${isFound}`, async () => {
      await store.putBlob(sha256(CONFIG), CONFIG);
      const { digest } = await store.putManifest(sha256(manifestWith('')), OCI_MANIFEST, manifestWith(''));
      const file = join(dir, 'layout/index.json');
      const tag = async (names: readonly (string | undefined)[]): Promise<void> => {
        const manifests = names.map((each) => ({
          mediaType: OCI_MANIFEST,
          digest,
          size: manifestWith('').length,
          ...(each === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': each } }),
        }));
        await writeFile(file, JSON.stringify({ schemaVersion: 2, manifests }));
      };
      const { store: untagged, reference } = openStore(`oci:${join(dir, 'layout')}`);
      await tag([name]);
      expect((await untagged.headManifest(reference))?.digest).to.equal(isFound ? digest : undefined);
      expect(await store.headManifest('v2')).to.equal(undefined);
      await tag([name, undefined]);
      expect(await untagged.headManifest(reference), 'one of two').to.equal(undefined);
      for (const beside of ['', 'another']) {
        await tag([name]);
        await store.putManifest('v2', OCI_MANIFEST, manifestWith(beside));
        const found = (await untagged.headManifest(reference))?.digest;
        expect(found, `beside a tag on ${beside || 'itself'}`).to.equal(isFound ? digest : undefined);
      }
      await tag([name]);
      await store.putManifest(reference, OCI_MANIFEST, manifestWith('later'));
      expect((await untagged.headManifest(reference))?.digest).to.equal(sha256(manifestWith('later')));
    });
  }

  it('moves a tag, keeps the others, and lists what has only a digest', async () => {
    await store.putBlob(sha256(CONFIG), CONFIG);
    const [first, second] = [manifestWith('first'), manifestWith('second')];
    await store.putManifest('v1', OCI_MANIFEST, first);
    await store.putManifest('v2', OCI_MANIFEST, first);
    await store.putManifest('v1', OCI_MANIFEST, second);
    expect((await store.getManifest('v1'))?.bytes.toString()).to.equal(second.toString());
    expect((await store.headManifest('v2'))?.digest).to.equal(sha256(first));
    expect((await store.headManifest(sha256(second)))?.size).to.equal(second.length);
    await store.putManifest(sha256(manifestWith('third')), OCI_MANIFEST, manifestWith('third'));
    const index: { manifests: unknown[] } = JSON.parse(await readFile(join(dir, 'layout', 'index.json'), 'utf8'));
    expect(index.manifests).to.have.length(3);
  });

  it('says which blobs of a manifest are missing', async () => {
    const error: unknown = await store
      .putManifest('v1', OCI_MANIFEST, manifestWith(''))
      .catch((reason: unknown) => reason);
    expect(error)
      .to.be.instanceOf(BlobsUnknownError)
      .with.deep.property('digests', [sha256(CONFIG)]);
    expect(await store.headManifest('v1')).to.equal(undefined);
  });

  it('links blobs from another layout', async () => {
    await store.putBlob(sha256(CONFIG), CONFIG);
    const other = open('other');
    expect(await other.mountBlob(sha256(CONFIG), store)).to.equal(true);
    expect((await stat(join(dir, 'other', 'blobs', sha256(CONFIG).replace(':', '/')))).nlink).to.equal(2);
    expect(await other.mountBlob(sha256(Buffer.from('x')), store)).to.equal(false);
  });

  it('leaves nothing of an upload that failed, and passes the source’s error on', async () => {
    const failure = new Error('the disk is on fire');
    const error: unknown = await store
      .writeBlob('', async (write) => {
        await write(CONFIG);
        throw failure;
      })
      .catch((reason: unknown) => reason);
    expect(error).to.equal(failure);
    const files = await readdir(join(dir, 'layout'), { recursive: true, withFileTypes: true });
    expect(files.filter((file) => file.isFile()).map(({ name }) => name)).to.deep.equal(['oci-layout']);
  });

  it('ends where the signal says', async () => {
    await store.putBlob(sha256(CONFIG), CONFIG);
    expect(await failureOf(store.hasBlob(sha256(CONFIG), AbortSignal.abort()))).to.equal(ERROR_CODES.Cancelled);
    const late = AbortSignal.abort(new DOMException('', 'TimeoutError'));
    expect(await failureOf(store.hasBlob(sha256(CONFIG), late))).to.equal(ERROR_CODES.Deadline);
  });

  it('keeps the tags of processes that write at the same time', async () => {
    await store.putBlob(sha256(CONFIG), CONFIG);
    const module = new URL('../../../../shared/store/open-store.ts', import.meta.url).href;
    const program = `
      const [target, tag, manifest] = process.argv.slice(1);
      const { openStore } = await import(${JSON.stringify(module)});
      for (let i = 0; i < 20; i++) await openStore(target).store.putManifest(tag + i, ${JSON.stringify(OCI_MANIFEST)}, Buffer.from(manifest));`;
    const writers = ['a', 'b', 'c'].map(async (tag) => {
      const args = ['--input-type=module', '-e', program, store.name, tag, manifestWith(tag).toString()];
      const [code] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
      expect(code).to.equal(0);
    });
    await Promise.all(writers);
    const index: { manifests: unknown[] } = JSON.parse(await readFile(join(dir, 'layout', 'index.json'), 'utf8'));
    expect(index.manifests).to.have.length(60);
  }).timeout(30_000);
});

describe('withLock', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-lock-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('waits for its turn, and not for ever', async () => {
    const lock = join(dir, 'lock');
    await writeFile(lock, '');
    const times = { waitMs: 50, staleMs: 60_000 };
    expect(await failureOf(withLock(lock, () => Promise.resolve(), { times }))).to.equal(ERROR_CODES.Unreachable);
    setTimeout(() => void rm(lock), 30);
    expect(await withLock(lock, () => Promise.resolve('done'), { times: { ...times, waitMs: 5000 } })).to.equal('done');
  });

  it('takes over from a writer that died', async () => {
    const lock = join(dir, 'lock');
    await writeFile(lock, '');
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, hourAgo, hourAgo);
    await link(lock, join(dir, 'kept'));
    expect(await withLock(lock, () => Promise.resolve('done'))).to.equal('done');
    expect(await readdir(dir)).to.deep.equal(['kept']);
  });
});
