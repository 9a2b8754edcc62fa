import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSettled } from '../../../../shared/archive/files/state/file-state.ts';
import { LiveSums } from '../../../../shared/archive/index/live-sums.ts';
import { InvalidStatCache, openStatCache } from '../../../../shared/archive/stat-cache/stat-cache.ts';
import { StatCacheWriter } from '../../../../shared/archive/stat-cache/stat-cache-writer.ts';
import { EntryBlockWriter } from '../../../../shared/archive/index/entry-block.ts';
import type { StatedEntry } from '../../../../shared/archive/index/entry-block.ts';
import { selectionOf } from '../../../../shared/archive/paths/selection.ts';

const ALL = selectionOf([], []);
const DIGEST = `sha256:${'1'.repeat(64)}`;
const NOTHING = { digest: DIGEST, sums: new LiveSums(), takenAt: 0 };

describe('the stat cache', () => {
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'stat-cache-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

  it('gives back entries and states, however they were added', () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => entry(i));
    const writer = open(dir);
    for (const one of entries.slice(0, 9000)) writer.add(one, one.state);
    const blocks = new EntryBlockWriter();
    for (const one of entries.slice(9000)) blocks.add(one, one.state);
    for (const block of blocks.finish()) writer.addBlock(block);
    const sums = new LiveSums();
    for (const one of entries) sums.add(one);
    writer.commit({ digest: DIGEST, sums, takenAt: writer.openedAt });
    const statCache = openStatCache(dir, ALL);
    expect(statCache?.digest).to.equal(DIGEST);
    const { files, size, live } = sums;
    expect(statCache?.sums).to.deep.equal({ files, size, live });
    expect(statCache?.takenAt).to.equal(writer.openedAt);
    expect([...(statCache?.entries() ?? [])]).to.deep.equal(entries);
    statCache?.close();
  });

  it('is one for each selection', () => {
    open(dir).commit(NOTHING);
    expect(openStatCache(dir, selectionOf(['a'], []))).to.equal(undefined);
    expect(openStatCache(dir, selectionOf([], ['**/*.log']))).to.equal(undefined);
    expect(openStatCache(dir, ALL)?.close()).to.equal(undefined);
  });

  it('leaves the one that there was until it is whole', () => {
    open(dir).commit(NOTHING);
    const second = open(dir);
    second.add(entry(1), entry(1).state);
    second.discard();
    expect(openStatCache(dir, ALL)?.digest).to.equal(DIGEST);
    expect(fs.readdirSync(join(dir, '.tekton-cache')).sort()).to.deep.equal(['.gitignore', `record-${ALL.key}`]);
  });

  it('is none, or says that it is broken, when it is cut or any byte of it is changed', () => {
    const writer = open(dir);
    for (let i = 0; i < 50; i++) writer.add(entry(i), entry(i).state);
    writer.commit(NOTHING);
    const path = join(dir, '.tekton-cache', `record-${ALL.key}`);
    const sane = fs.readFileSync(path);
    const expected = JSON.stringify([...(openStatCache(dir, ALL)?.entries() ?? [])]);
    const blocksEnd = sane.indexOf('{"digest"');
    for (let at = 0; at < blocksEnd; at += 7) {
      const broken = Buffer.from(sane);
      broken[at] = (broken[at] ?? 0) ^ 0x55;
      fs.writeFileSync(path, broken);
      const statCache = openStatCache(dir, ALL);
      expect(() => expect(JSON.stringify([...(statCache?.entries() ?? [])])).to.equal(expected), `byte ${at}`).to.throw(
        InvalidStatCache,
      );
      statCache?.close();
    }
    for (const length of [0, 7, 20, sane.length - 1]) {
      fs.writeFileSync(path, sane.subarray(0, length));
      expect(openStatCache(dir, ALL), `${length} bytes`).to.equal(undefined);
    }
  });

  for (const [kind, put] of [
    ['a directory', (path) => fs.mkdirSync(path)],
    ['a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path])],
    ['a link to another one', (path) => fs.symlinkSync('sane', path)],
  ] as [string, (path: string) => void][]) {
    it(`is none where ${kind} has its name`, () => {
      open(dir).commit(NOTHING);
      const path = join(dir, '.tekton-cache', `record-${ALL.key}`);
      fs.renameSync(path, join(dir, '.tekton-cache', 'sane'));
      put(path);
      expect(openStatCache(dir, ALL)).to.equal(undefined);
    });
  }

  it('trusts no state that was taken right after a change', () => {
    const state = { dev: 1, ino: 1, mtimeMs: 5000.5, ctimeMs: 5000.5 };
    expect(isSettled(state, 5001)).to.equal(false);
    expect(isSettled(state, 5100)).to.equal(true);
    expect(isSettled({ ...state, ctimeMs: 5000, mtimeMs: 5000 }, 6000), 'whole seconds').to.equal(false);
    expect(isSettled({ ...state, mtimeMs: 9000 }, 6000), 'a time in the future').to.equal(false);
  });
});

function open(dir: string): StatCacheWriter {
  const writer = StatCacheWriter.open(dir, ALL);
  if (writer === undefined) throw new Error('not writable');
  return writer;
}

function entry(i: number): StatedEntry {
  const path = `f${String(i).padStart(6, '0')}`;
  const place = { layer: 1, frame: 2, offset: 512 * i, mode: 0o644, mtimeSec: 1_700_000_000, mtimeNs: i };
  const state = { dev: 66_310, ino: 2 ** 40 + i, mtimeMs: 1.7e12 + i / 4, ctimeMs: 1.7e12 + i };
  return { type: 'file', path, ...place, size: i, digest: String(i % 10).repeat(64), state };
}
