/** Caches of a tool that is not root, where our own steps are. Only root can try it. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryUpload, FetchOutcome } from '../../shared/entry/entry.ts';
import { giveToOwner } from '../../shared/entry/entry-owner.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { newUploadBench, type UploadBench } from '../support/entry/upload-bench.ts';

const USER = 12_001;
const GROUP = 12_002;
const OWNER = 'cache.tekton.dev/owner';
const PATHS = ['npm', 'npm/_cacache', 'npm/_cacache/index', 'npm/latest'];

describe('the cache of a tool that runs as a user of its image', function () {
  this.timeout(60_000);
  let bench: UploadBench;
  let restored: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    bench = newUploadBench();
    fs.chmodSync(bench.base, 0o755);
    bench.write('npm/_cacache/index');
    fs.symlinkSync('_cacache', join(bench.dir, 'npm/latest'));
    give(PATHS, USER);
    restored = fs.mkdtempSync(join(bench.base, 'restored-'));
    fs.chmodSync(restored, 0o777);
  });
  afterEach(() => bench.remove());

  function give(paths: readonly string[], uid: number): void {
    for (const path of paths) fs.lchownSync(join(bench.dir, path), uid, GROUP);
  }

  async function upload(more: Partial<EntryUpload> = {}): Promise<string | undefined> {
    await bench.upload({ ofTool: true, ...more });
    return (await bench.manifest()).annotations[OWNER];
  }

  async function fetch(ofTool = true): Promise<FetchOutcome> {
    const { store, reference } = openStore(bench.target);
    return await fetchEntry({ store, reference, dir: restored, paths: [], exclude: [], clean: false, ofTool });
  }

  const ownerOf = (path: string): string => {
    const { uid, gid } = fs.lstatSync(join(restored, path));
    return `${uid}:${gid}`;
  };

  it('belongs to that user again in the next run, who may write in all of it', async () => {
    expect(await upload()).to.equal(`${USER}:${GROUP}`);
    for (const _ of ['fetched', 'fetched again']) {
      expect(await fetch()).to.have.property('found', true);
      expect(PATHS.map(ownerOf)).to.deep.equal(PATHS.map(() => `${USER}:${GROUP}`));
      expect(ownerOf('.tekton-cache')).to.equal('0:0');
    }
    const script = 'set -e; cd npm/_cacache; echo more >> index; mkdir tmp; echo new > tmp/new';
    expect(spawnSync('sh', ['-c', script], { cwd: restored, uid: USER, gid: GROUP })).to.include({ status: 0 });
  });

  it('gets the owner with the next upload where the entry does not say it, and is not sent again', async () => {
    give(PATHS, 0);
    expect(await upload()).to.equal(undefined);
    give(PATHS, USER);
    expect(await upload()).to.equal(`${USER}:${GROUP}`);
    expect(await bench.upload({ ofTool: true })).to.include({ reason: 'unchanged', bytesSent: 0 });
  });

  it('has the owner of what is in a directory that root made for the tool, as that of the plugins of Terraform', async () => {
    give(['npm'], 0);
    expect(await upload()).to.equal(undefined);
    expect(await upload({ made: ['npm', 'absent'] })).to.equal(`${USER}:${GROUP}`);
  });

  it('has no owner where it is of root, of two users, or the workspace of somebody', async () => {
    expect(await upload({ ofTool: false })).to.equal(undefined);
    bench.write('other/file');
    give(['other'], USER + 1);
    expect(await upload()).to.equal(undefined);
    give([...PATHS, 'other'], 0);
    expect(await upload()).to.equal(undefined);
  });

  it('stays root’s where an entry names root, nobody that there can be, or the directory is no tool’s', async () => {
    for (const owner of ['0:0', '-1:0', '4294967295:1', '1001', 'root:root', `${USER}:${GROUP}:1`]) {
      give(PATHS, 0);
      await bench.upload({ annotations: { [OWNER]: owner }, force: true });
      expect(await fetch()).to.have.property('found', true);
      expect(ownerOf('npm'), owner).to.equal('0:0');
    }
    await bench.upload({ annotations: { [OWNER]: `${USER}:${GROUP}` }, force: true });
    expect(await fetch(false)).to.have.property('found', true);
    expect(ownerOf('npm')).to.equal('0:0');
  });

  it('leaves alone what is somebody else’s, or has a name elsewhere', async () => {
    await upload();
    fs.writeFileSync(join(bench.base, 'outside'), 'of root');
    fs.linkSync(join(bench.base, 'outside'), join(restored, 'inside'));
    fs.writeFileSync(join(restored, 'theirs'), '');
    fs.chownSync(join(restored, 'theirs'), USER + 1, GROUP);
    await fetch();
    expect(fs.statSync(join(bench.base, 'outside')).uid).to.equal(0);
    expect(ownerOf('theirs')).to.equal(`${USER + 1}:${GROUP}`);
  });

  it('is not restored by a root that cannot give it to that user, as the tool could not write to it', async () => {
    await upload();
    const outcomes = [asRootWithout('chown'), asRootWithout('fowner')];
    expect(outcomes[0]).to.match(/^Unwritable .*`runAsUser: 12001` in the podTemplate/);
    expect(outcomes[1]).to.equal('found');
    give(PATHS, 0);
    await upload({ force: true });
    expect(asRootWithout('chown')).to.equal('found');
  });

  /** What a fetch comes to in a process that lacks one of the capabilities of root. */
  function asRootWithout(capability: string): string {
    const program = `
      import { fetchEntry } from '${import.meta.resolve('../../shared/entry/fetch/fetch-entry.ts')}';
      import { openStore } from '${import.meta.resolve('../../shared/store/open-store.ts')}';
      const { store, reference } = openStore(${JSON.stringify(bench.target)});
      const request = { store, reference, dir: ${JSON.stringify(restored)}, paths: [], exclude: [], clean: false, ofTool: true };
      const say = await fetchEntry(request).then(({ found }) => (found ? 'found' : 'missed'), (error) => error.code + ' ' + error.message);
      console.log(say);`;
    const node = [process.execPath, '--input-type=module', '-e', program];
    const { stdout, stderr } = spawnSync('setpriv', [`--bounding-set=-${capability}`, ...node], { encoding: 'utf8' });
    return stdout.trim() || stderr;
  }

  describe('with others at work in it', () => {
    let dir: string;

    beforeEach(() => {
      dir = join(restored, 'npm-downloads');
      for (const name of ['a', 'a/1', 'b']) fs.mkdirSync(join(dir, name), { recursive: true });
    });

    /** What a fetch does behind its end; `meanwhile` comes after so many paths. */
    function giveAway({ after = 0, meanwhile = (): void => {} } = {}): readonly string[] {
      const steps = giveToOwner({ dir, paths: [], exclude: [], ofTool: true }, { [OWNER]: `${USER}:${GROUP}` });
      for (let at = 1; ; at++) {
        const { done, value } = steps.next();
        if (done === true) return value;
        if (at === after) meanwhile();
      }
    }

    it('gives away nothing that is put into the place of a file', () => {
      const outside = join(bench.base, 'outside');
      fs.writeFileSync(outside, 'of root');
      for (const name of ['2', '3']) fs.writeFileSync(join(dir, 'a', name), '');
      const notes = giveAway({
        after: 2,
        meanwhile: () => {
          fs.renameSync(join(dir, 'a'), join(dir, 'moved'));
          fs.mkdirSync(join(dir, 'a'));
          for (const name of ['2', '3']) fs.writeFileSync(join(dir, 'a', name), '');
          fs.rmSync(join(dir, 'moved/2'));
          fs.linkSync(outside, join(dir, 'moved/2'));
          fs.rmSync(join(dir, 'moved/3'));
        },
      });
      expect(fs.statSync(outside).uid).to.equal(0);
      // What is gone meanwhile is no reason to leave all that follows to root.
      expect(ownerOf('npm-downloads/b')).to.equal(`${USER}:${GROUP}`);
      expect(notes.join()).to.include(`The files belong to user ${USER}`);
    });

    it('gives away nothing behind a link in the place of the directory', () => {
      fs.renameSync(dir, join(restored, 'sources'));
      fs.symlinkSync('sources', dir);
      expect(giveAway().join()).to.include('ENOTDIR');
      expect(ownerOf('sources/a')).to.equal('0:0');
    });

    it('does not fail for a directory that it may not look into', () => {
      fs.chmodSync(join(dir, 'b'), 0o700);
      for (const name of ['a', 'a/1', 'b']) fs.chownSync(join(dir, name), USER, GROUP);
      try {
        // As root without capabilities, which a StepAction is.
        process.seteuid?.(USER + 1);
        expect(giveAway().join()).to.include('(EACCES): say `runAsUser');
      } finally {
        process.seteuid?.(0);
      }
    });
  });
});
