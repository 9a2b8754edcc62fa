import * as fs from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openWorkspace } from '../../shared/archive/commit/workspace.ts';
import type { EvictionRule, FetchOutcome } from '../../shared/entry/entry.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { IDLE_UPLOADS } from '../../shared/entry/upload/evict/idle.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { newUploadBench, type UploadBench } from '../support/entry/upload-bench.ts';
import { killAfter } from '../support/transfer-process/kill-after.ts';
import { hasStaging } from '../support/transfer-process/staging-sign.ts';

const FETCH_PROGRAM = fileURLToPath(new URL('../support/transfer-process/fetch-process.ts', import.meta.url));

const HOUR = 60 * 60 * 1000;

/** Such a tool compiles what is newer than its object, and nothing else: Cargo, make. */
describe('build state of a tool that compares times', function () {
  this.timeout(60_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  /** A checkout of two files, of now unless an age says otherwise. */
  function checkout(name: string, ageMs = 0): string {
    const sources = join(bench.base, name);
    for (const path of ['src/main.rs', 'Cargo.lock', '.git/HEAD']) {
      fs.mkdirSync(join(sources, path, '..'), { recursive: true });
      fs.writeFileSync(join(sources, path), path);
      setTime(join(sources, path), Date.now() - ageMs);
    }
    // As old as the repository, and no source.
    setTime(join(sources, '.git/HEAD'), 0);
    return sources;
  }

  function setTime(path: string, timeMs: number): void {
    // Node takes negative numbers for now, but not negative strings.
    fs.lutimesSync(path, fs.lstatSync(path).atimeMs / 1000, String(timeMs / 1000));
  }

  function object(path: string, ageMs: number): void {
    bench.write(path);
    setTime(join(bench.dir, path), Date.now() - ageMs);
  }

  async function fetch(
    comparedWith: string | undefined,
    dir = fs.mkdtempSync(join(bench.base, 'out-')),
    signal?: AbortSignal,
  ) {
    const { store, reference } = openStore(bench.target);
    const request = { store, reference, dir, paths: [], exclude: [], clean: true, ...(signal ? { signal } : {}) };
    const outcome: FetchOutcome = await fetchEntry({
      ...request,
      ...(comparedWith === undefined ? {} : { comparedWith }),
    });
    if (!outcome.found) throw new Error('no entry');
    return { dir, notes: outcome.notes.join('\n') };
  }

  const timeOf = (dir: string, path: string): number => fs.lstatSync(join(dir, path)).mtimeMs;

  it('seems older than sources that were there before it was made of others, or a moment later by another clock', async () => {
    const others = checkout('others');
    const sources = checkout('sources');
    object('ahead', -20_000);
    object('now', 0);
    object('behind', 20_000);
    object('long ago', HOUR);
    fs.symlinkSync('now', join(bench.dir, 'link'));
    setTime(join(bench.dir, 'link'), Date.now());
    const before = fs.readdirSync(bench.dir).map((path) => [path, timeOf(bench.dir, path)]);
    await bench.upload({ comparedWith: others });

    for (const said of [/^3 files may be newer than these sources/m, /^$/]) {
      const { dir, notes } = await fetch(sources, join(bench.base, 'again'));
      expect(notes).to.match(said);
      for (const path of ['ahead', 'now', 'behind']) {
        expect(timeOf(dir, path), path).to.be.below(timeOf(sources, 'Cargo.lock'));
        expect(timeOf(dir, path), path).to.be.above(Date.now() - HOUR);
      }
      for (const path of ['long ago', 'link'])
        expect([path, timeOf(dir, path)]).to.deep.equal(before.find(([name]) => name === path));
    }
    const { dir, notes } = await fetch(undefined);
    expect(
      fs
        .readdirSync(dir)
        .filter((path) => path !== '.tekton-cache')
        .map((path) => [path, timeOf(dir, path)]),
    ).to.deep.equal(before);
    expect(notes).not.to.include('older time');
  });

  it('keeps its times in a later task of the run, whose sources are the very files that it was made of', async () => {
    const sources = checkout('sources');
    object('target', 0);
    const made = timeOf(bench.dir, 'target');
    await bench.upload({ comparedWith: sources });
    expect(timeOf((await fetch(sources)).dir, 'target')).to.equal(made);

    // Written anew, or copied: an archive may give files whatever time, and another commit those of another one.
    const { mtimeMs } = fs.statSync(join(sources, 'Cargo.lock'));
    fs.writeFileSync(join(sources, 'Cargo.lock'), 'another 10');
    setTime(join(sources, 'Cargo.lock'), mtimeMs);
    expect(timeOf((await fetch(sources)).dir, 'target')).to.be.below(mtimeMs);
    const copy = join(bench.base, 'copy');
    fs.cpSync(sources, copy, { recursive: true, preserveTimestamps: true });
    await bench.upload({ comparedWith: sources });
    expect(timeOf((await fetch(sources)).dir, 'target')).to.equal(made);
    expect(timeOf((await fetch(copy)).dir, 'target')).to.be.below(made);
  });

  it('is older than all sources where nobody sees them, and as it was where there are none yet', async () => {
    object('target', HOUR);
    const made = timeOf(bench.dir, 'target');
    await bench.upload({ comparedWith: '' });
    fs.mkdirSync(join(bench.base, 'empty'));
    for (const unseen of ['', join(bench.base, 'absent')]) {
      expect(timeOf((await fetch(unseen)).dir, 'target'), unseen).to.be.at.most(0);
    }
    expect(timeOf((await fetch(join(bench.base, 'empty'))).dir, 'target')).to.equal(made);
  });

  it('seems older than sources of any time: archives give files the beginning of the epoch, and times before it', async () => {
    object('target', 0);
    await bench.upload({ comparedWith: checkout('others') });
    for (const timeMs of [30_000, 0, -100_000]) {
      const sources = checkout(`of ${timeMs}`, Date.now() - timeMs);
      for (const path of ['src/main.rs', 'Cargo.lock']) setTime(join(sources, path), timeMs);
      expect(timeOf((await fetch(sources)).dir, 'target')).to.be.below(timeMs);
    }
  });

  it('seems older also where the time of the fetch is up as soon as the directory has changed', async () => {
    // So many that the fetch rests while it looks at them.
    const paths = Array.from({ length: 5000 }, (_, number) => `target/${number}`);
    for (const path of paths) object(path, 0);
    await bench.upload({ comparedWith: checkout('others') });
    const sources = checkout('sources');
    for (const path of paths) {
      fs.mkdirSync(join(sources, path, '..'), { recursive: true });
      fs.writeFileSync(join(sources, path), '');
    }
    const dir = join(bench.base, 'out');
    const end = new AbortController();
    let isOver = false;
    const look = (): void => {
      if (fs.existsSync(join(dir, 'target'))) end.abort(new Error('the time is up'));
      else if (!isOver) setImmediate(look);
    };
    look();
    await fetch(sources, dir, end.signal).finally(() => (isOver = true));
    expect(end.signal.aborted).to.equal(true);
    const before = timeOf(sources, 'Cargo.lock');
    expect(paths.filter((path) => timeOf(dir, path) >= before)).to.deep.equal([]);
  });

  it('seems older also where the fetch was killed while it changed the directory, and nobody fetches again', async function () {
    this.timeout(600_000);
    // Each comes to its place by itself, so that this takes a while.
    const paths = Array.from({ length: 3000 }, (_, number) => `target/${number}`);
    object('target/0', HOUR);
    await bench.upload();
    const before = fs.mkdtempSync(join(bench.base, 'before-'));
    await fetch(undefined, before);
    for (const path of paths) object(path, -HOUR);
    await bench.upload({ comparedWith: checkout('others') });
    const sources = checkout('sources');
    const { reference } = openStore(bench.target);
    let [kills, newer] = [0, 0];
    for (let round = 0; kills < 5 && round < 100; round++) {
      const dir = join(bench.base, `killed-${round}`);
      fs.cpSync(before, dir, { recursive: true, preserveTimestamps: true });
      const args = [FETCH_PROGRAM, bench.target, reference, dir, '', sources];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const wasKilled = await killAfter(child, () => hasStaging(dir, 'commit'), round);
      if (wasKilled) kills += 1;
      // What another run does with the directory first, whatever it is about.
      await (await openWorkspace(dir)).close('changed');
      const there = paths.filter((path) => fs.existsSync(join(dir, path)));
      newer += there.filter((path) => timeOf(dir, path) >= timeOf(sources, 'Cargo.lock')).length;
      fs.rmSync(dir, { recursive: true });
    }
    expect(kills).to.equal(5);
    expect(newer).to.equal(0);
  });

  it('becomes a file of its own where it has a name elsewhere, whose time stays; links within the directory are no reason', async () => {
    object('a', 0);
    object('linked', 0);
    fs.linkSync(join(bench.dir, 'linked'), join(bench.dir, 'other name'));
    await bench.upload({ comparedWith: checkout('others') });
    const sources = checkout('sources');
    const dir = (await fetch(undefined)).dir;
    fs.linkSync(join(dir, 'a'), join(bench.base, 'elsewhere'));
    await bench.settle();
    const before = timeOf(dir, 'a');
    const { notes } = await fetch(sources, dir);
    for (const path of ['a', 'linked', 'other name'])
      expect(timeOf(dir, path), path).to.be.below(timeOf(sources, 'Cargo.lock'));
    expect(fs.statSync(join(dir, 'linked')).ino).to.equal(fs.statSync(join(dir, 'other name')).ino);
    expect(notes).to.include('2 files may be newer than these sources');
    expect(timeOf(bench.base, 'elsewhere')).to.equal(before);
  });

  it('is not told by the caches that lie in the sources, which are older than any checkout', async () => {
    const sources = checkout('sources');
    object('target', HOUR);
    await bench.upload({ comparedWith: checkout('others') });
    const dir = join(sources, '.caches/cargo-build');
    fs.mkdirSync(dir, { recursive: true });
    expect((await fetch(sources, dir)).notes).to.equal('');
    expect((await fetch(sources, dir)).notes).to.equal('');
  });

  it('does not grow for ever where each fetch makes it older', async function () {
    const eviction: EvictionRule = { files: ['target/**'], unit: 'hash', usedBy: 'atime', markedEveryMs: 0 };
    const [used, unused] = ['0123456789abcdef', 'fedcba9876543210'].map((hash) => `target/fingerprint-${hash}`);
    for (const path of [used ?? '', unused ?? '']) object(path, 0);
    await bench.upload({ eviction, comparedWith: checkout('others') });
    for (let upload = 1; upload <= IDLE_UPLOADS; upload++) {
      const { dir, notes } = await fetch(checkout('sources', HOUR * upload));
      expect(notes).to.include('older time');
      await bench.settle();
      const { atimeMs } = fs.statSync(join(dir, used ?? ''));
      fs.readFileSync(join(dir, used ?? ''));
      // On a volume that marks no reads nothing is judged.
      if (fs.statSync(join(dir, used ?? '')).atimeMs === atimeMs) this.skip();
      const size = (await bench.upload({ dir, eviction, comparedWith: checkout('others') })).size;
      expect(fs.existsSync(join(dir, unused ?? '')), `${size} bytes`).to.equal(upload < IDLE_UPLOADS);
    }
  });
});
