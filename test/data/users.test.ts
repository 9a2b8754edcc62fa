/** Fetches as a user that is not root, into directories of root's and of its own. Only root can start them. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { putEntry } from '../support/entry/built-entry.ts';
import type { Item } from '../support/tree/item.ts';
import { plain, putImage } from '../support/entry/put-image.ts';
import { rawTar } from '../support/entry/raw-tar.ts';
import { newFetchBench, type FetchBench } from '../support/entry/fetch-bench.ts';
import { itemsPicture, treePicture } from '../support/tree/tree-picture.ts';

const PROGRAM = fileURLToPath(new URL('../support/transfer-process/fetch-process.ts', import.meta.url));
const USER = 12_001;
const GROUP = 12_002;

const dir = (path: string, mode: number): Item => ({ path, type: 'directory', mode });
const file = (path: string, content: string, mode = 0o644): Item => ({ path, type: 'file', content, mode });

/** As a Go module cache has it: directories that nobody may write. */
const PROTECTED = (version: string): Item[] => [
  dir('mod', 0o555),
  dir('mod/pkg', 0o555),
  file('mod/pkg/same.go', 'same', 0o444),
  file('mod/pkg/changes.go', version, 0o444),
  dir(`mod/only-${version}`, 0o555),
  file(`mod/only-${version}/x.go`, version, 0o444),
  dir('closed', 0o500),
  file('closed/inside', 'inside'),
  file('setuid', 'x', 0o4755),
  dir('sticky', 0o1777),
];

interface Ran {
  readonly status: number | null;
  readonly stderr: string;
  readonly notes: string;
}

describe('a fetch as another user', function () {
  this.timeout(60_000);
  let bench: FetchBench;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(async () => {
    bench = newFetchBench();
    fs.chmodSync(bench.base, 0o755);
    for (const version of ['one', 'two']) await putEntry(bench.store, version, { items: PROTECTED(version) });
    spawnSync('chmod', ['-R', 'a+rX', join(bench.base, 'store')]);
  });
  afterEach(() => bench.remove());

  function fetch(reference: string): Ran {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, `oci:${join(bench.base, 'store')}`, reference, bench.target],
      { uid: USER, gid: GROUP, encoding: 'utf8', env: {} },
    );
    const outcome: unknown = stdout === '' ? {} : JSON.parse(stdout);
    const notes = typeof outcome === 'object' && outcome !== null && 'notes' in outcome ? String(outcome.notes) : '';
    return { status, stderr, notes };
  }

  it('changes write-protected directories of its own, and protects them again', () => {
    fs.chownSync(bench.target, USER, GROUP);
    for (const version of ['one', 'two', 'one']) {
      expect(fetch(version)).to.include({ status: 0, notes: '' });
      expect(treePicture(bench.target), version).to.deep.equal(itemsPicture(PROTECTED(version)));
    }
  });

  /** The same as an image of another tool. */
  async function putAsImage(reference: string, items: readonly Item[]): Promise<void> {
    const members = items.map(({ path, type, content, mode }) => ({
      name: path,
      flag: type === 'directory' ? '5' : '0',
      content: content ?? '',
      mode: mode ?? 0o644,
    }));
    await putImage(bench.store, reference, [plain(rawTar(members))]);
    spawnSync('chmod', ['-R', 'a+rX', join(bench.base, 'store')]);
  }

  it('changes write-protected directories of its own for an image of another tool', async () => {
    fs.chownSync(bench.target, USER, GROUP);
    for (const version of ['one', 'two', 'two', 'one']) {
      await putAsImage(version, PROTECTED(version));
      expect(fetch(version)).to.include({ status: 0, notes: '' });
      expect(treePicture(bench.target), version).to.deep.equal(itemsPicture(PROTECTED(version)));
    }
  });

  it('works on a volume of root that its group may write, with the setgid bit', () => {
    fs.chownSync(bench.target, 0, GROUP);
    fs.chmodSync(bench.target, 0o2775);
    expect(fetch('one')).to.include({ status: 0 });
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(PROTECTED('one')));
    expect(fs.statSync(bench.target)).to.include({ uid: 0, gid: GROUP });
    expect(fs.statSync(bench.target).mode & 0o7777).to.equal(0o2775);
  });

  it('says once what belongs to another user', () => {
    fs.chownSync(bench.target, 0, GROUP);
    fs.chmodSync(bench.target, 0o2775);
    for (const path of ['mod', 'sticky']) {
      fs.mkdirSync(join(bench.target, path));
      fs.chownSync(join(bench.target, path), 0, GROUP);
      fs.chmodSync(join(bench.target, path), 0o2775);
    }
    const { status, notes } = fetch('one');
    expect(status).to.equal(0);
    expect(notes).to.equal('Mode and time of 2 paths belong to another user and stay as they are.');
    expect(fs.readFileSync(join(bench.target, 'mod/pkg/same.go'), 'utf8')).to.equal('same');
  });

  it('has what was restored although it may not look into a directory of that', async () => {
    const closed = (path: string): Item[] => [dir(path, 0o600), dir(`${path}/inside`, 0o755)];
    const items = [...closed('closed'), dir('d', 0o755), ...closed('d/closed'), file('open', 'open')];
    await putEntry(bench.store, 'three', { items });
    spawnSync('chmod', ['-R', 'a+rX', join(bench.base, 'store')]);
    fs.chownSync(bench.target, USER, GROUP);
    expect(fetch('three')).to.include({ status: 0, stderr: '' });
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
    for (const path of ['closed', 'd']) fs.rmSync(join(bench.target, path), { recursive: true });
    await putAsImage('image', items);
    expect(fetch('image')).to.include({ status: 0, stderr: '' });
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
  });

  it('has what was restored although it may not remove what was in the way, and says so each time', () => {
    fs.mkdirSync(join(bench.target, 'build/out'), { recursive: true });
    fs.writeFileSync(join(bench.target, 'build/out/of-root'), '');
    for (const path of ['', 'build']) fs.chownSync(join(bench.target, path), USER, GROUP);
    const rest = (): string[] =>
      fs.readdirSync(join(bench.target, '.tekton-cache')).filter((name) => /^(staging|rest)/.test(name));
    for (const version of ['one', 'two', 'one']) {
      const { status, notes } = fetch(version);
      expect(status).to.equal(0);
      expect(treePicture(bench.target), version).to.deep.equal(itemsPicture(PROTECTED(version)));
      expect(notes).to.match(
        /^What was replaced cannot be removed \(EPERM\): remove \.tekton-cache\/rest\.\d+ in the /,
      );
      expect(rest()).to.have.length(1);
    }
    for (const name of rest()) fs.rmSync(join(bench.target, '.tekton-cache', name), { recursive: true });
    expect(fetch('two')).to.include({ status: 0, notes: '' });
  });

  it('is refused where it may not write, with a sentence', () => {
    fs.chmodSync(bench.target, 0o755);
    const { status, stderr } = fetch('one');
    expect(status).to.equal(1);
    expect(stderr).to.match(/cannot be written \(EACCES\).*run-as/s);
    expect(fs.readdirSync(bench.target)).to.deep.equal([]);
  });

  it('is refused the state of another user, with a sentence', async () => {
    await bench.fetch({ reference: 'one' });
    fs.chmodSync(bench.target, 0o777);
    const { status, stderr } = fetch('two');
    expect(status).to.equal(1);
    expect(stderr).to.match(/\.tekton-cache in the workspace belongs to user 0/);
  });
});
