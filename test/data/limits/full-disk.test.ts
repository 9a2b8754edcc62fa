/** What becomes of fetches and uploads in a workspace whose disk is full. Only root can mount such a disk. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FetchOutcome, UploadOutcome } from '../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';
import { codeOf } from '../../support/code-of.ts';

const PAGE = 4096;
/** Their stat cache has some pages, they have none. */
const NAMES = Array.from({ length: 3000 }, (_, i) => `a-file-with-a-name-of-its-own-${i}`);

describe('a workspace on a full disk', function () {
  this.timeout(60_000);
  let base: string;
  let disk: string;
  let workspace: string;
  let store: Store;

  beforeEach(function () {
    base = fs.mkdtempSync(join(tmpdir(), 'full-disk-'));
    disk = join(base, 'disk');
    workspace = join(disk, 'workspace');
    fs.mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=10000', 'tmpfs', disk]).status !== 0) this.skip();
    fs.mkdirSync(workspace);
    ({ store } = openStore(`oci:${join(base, 'store')}:v1`));
  });
  afterEach(() => {
    spawnSync('umount', ['--lazy', disk]);
    fs.rmSync(base, { recursive: true, force: true });
  });

  /** Leaves so many pages. */
  const fill = (pages: number): void => {
    const { bavail, bsize } = fs.statfsSync(disk);
    fs.writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - pages * PAGE));
  };
  const fetch = (reference = 'v1'): Promise<FetchOutcome> =>
    fetchEntry({ store, reference, dir: workspace, paths: [], exclude: [], clean: true });
  const upload = (dir = workspace, reference = 'v1'): Promise<UploadOutcome> =>
    uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force: false });
  const state = (): string[] => fs.readdirSync(join(workspace, '.tekton-cache')).toSorted();
  const names = (): string[] => fs.readdirSync(join(workspace, 'd')).toSorted();
  const makeState = (): void => {
    fs.mkdirSync(join(workspace, '.tekton-cache'), { mode: 0o700 });
    fs.writeFileSync(join(workspace, '.tekton-cache/.gitignore'), '*\n');
  };
  const writeNames = (dir: string): void => {
    fs.mkdirSync(join(dir, 'd'), { recursive: true });
    for (const name of NAMES) fs.writeFileSync(join(dir, 'd', name), '');
  };

  it('has what was fetched although there is no room for its stat cache', async () => {
    const source = join(base, 'source');
    writeNames(source);
    await upload(source);
    fill(6);
    expect(await fetch()).to.include({ found: true, files: NAMES.length + 1 });
    expect(names()).to.deep.equal(NAMES.toSorted());
    expect(state().some((name) => name.startsWith('record'))).to.equal(false);
    fs.rmSync(join(disk, 'ballast'));
    expect(await fetch()).to.include({ found: true });
    expect(state().some((name) => name.startsWith('record'))).to.equal(true);
  });

  it('is as it was when what is fetched has no room, with nothing staged', async () => {
    const source = join(base, 'source');
    fs.mkdirSync(source);
    for (let i = 0; i < 40; i++) fs.writeFileSync(join(source, `f${i}`), Buffer.alloc(50_000, i));
    await upload(source);
    expect(await fetch().catch(codeOf)).to.equal('Unwritable');
    expect(fs.readdirSync(workspace)).to.deep.equal([]);
  });

  it('is uploaded although there is no room for its stat cache', async () => {
    writeNames(workspace);
    makeState();
    fill(1);
    expect(await upload()).to.include({ uploaded: true, reason: 'pushed' });
    expect(state()).to.deep.equal(['.gitignore']);
    expect(await store.headManifest('v1')).to.not.equal(undefined);
  });

  it('is uploaded although there is no room for the lock, which nobody waits for afterwards', async () => {
    writeNames(workspace);
    makeState();
    fill(0);
    expect(await upload()).to.include({ uploaded: true, reason: 'pushed' });
    expect(state()).to.deep.equal(['.gitignore']);
  });

  it('is not fetched into without room for the lock, with a sentence', async () => {
    writeNames(workspace);
    await upload();
    fs.rmSync(join(workspace, 'd'), { recursive: true });
    fill(0);
    const error: unknown = await fetch().catch((thrown: unknown) => thrown);
    expect(codeOf(error)).to.equal('Unwritable');
    expect(String(error)).to.match(/cannot be locked \(ENOSPC\)/);
    expect(state().some((name) => name.startsWith('lock'))).to.equal(false);
  });

  it('is not uploaded without the lock while a fetch has half of its files there', async () => {
    writeNames(workspace);
    makeState();
    fs.mkdirSync(join(workspace, '.tekton-cache/staging'));
    fs.writeFileSync(join(workspace, '.tekton-cache/staging/commit'), '');
    fill(0);
    expect(await upload().catch(codeOf)).to.equal('Unwritable');
    expect(await store.headManifest('v1')).to.equal(undefined);
  });
});
