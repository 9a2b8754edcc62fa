import { expect } from 'chai';
import type { EvictionRule } from '../../../../../shared/entry/entry.ts';
import { IDLE_UPLOADS, isIdle, judge } from '../../../../../shared/entry/upload/evict/idle.ts';
import type { IdleRecord } from '../../../../../shared/entry/upload/evict/idle.ts';
import { formatRecord, parseRecord } from '../../../../../shared/entry/upload/evict/idle-record.ts';
import { unitsOf } from '../../../../../shared/entry/upload/evict/unit.ts';
import type { UsedFile } from '../../../../../shared/entry/upload/evict/unit.ts';

const HOUR = 60 * 60 * 1000;
const SINCE = 1000 * HOUR;
const BY_TOOL: EvictionRule = { files: ['**'], unit: 'file', usedBy: 'mtime', markedEveryMs: HOUR };
const BY_KERNEL: EvictionRule = { files: ['**'], unit: 'hash', usedBy: 'atime', markedEveryMs: 0 };

/** As a fetch leaves it: the times of its content are old, that of the change is now. */
function restored(path: string, change: Partial<UsedFile> = {}): UsedFile {
  return { path, size: 1, markedAt: path, mtimeMs: 1, atimeMs: 1, ctimeMs: SINCE - 5, ...change };
}

const marked = (path: string) => restored(path, { mtimeMs: SINCE + 5, atimeMs: SINCE + 5, ctimeMs: SINCE + 5 });
const read = (path: string) => restored(path, { atimeMs: SINCE + 5 });

describe('a file of which nothing tells that it was used since the fetch', () => {
  it('is idle where the tool would have marked it', () => {
    expect(isIdle(restored('a'), BY_TOOL, SINCE)).to.equal(true);
    expect(isIdle(marked('a'), BY_TOOL, SINCE)).to.equal(false);
    expect(isIdle(read('a'), BY_TOOL, SINCE), 'to be read is no mark of the tool').to.equal(true);
  });

  it('is not idle while its last mark was too new for the tool to set another', () => {
    expect(isIdle(restored('a', { mtimeMs: SINCE - HOUR + 1 }), BY_TOOL, SINCE)).to.equal(false);
    expect(isIdle(restored('a', { mtimeMs: SINCE - HOUR }), BY_TOOL, SINCE)).to.equal(true);
  });

  it('is idle where the kernel would have marked a reader', () => {
    expect(isIdle(restored('a'), BY_KERNEL, SINCE)).to.equal(true);
    expect(isIdle(read('a'), BY_KERNEL, SINCE)).to.equal(false);
    expect(isIdle(restored('a', { ctimeMs: SINCE + 1 }), BY_KERNEL, SINCE), 'written since').to.equal(false);
  });

  it('is not idle where relatime keeps the kernel from a second mark', () => {
    const kept = (atimeMs: number) => restored('a', { mtimeMs: 1, ctimeMs: 2, atimeMs });
    expect(isIdle(kept(SINCE - 2 * HOUR), BY_KERNEL, SINCE)).to.equal(false);
    expect(isIdle(kept(SINCE - 24 * HOUR), BY_KERNEL, SINCE)).to.equal(true);
  });
});

describe('units of a cache', () => {
  const names = (paths: readonly string[], unit: 'file' | 'hash') =>
    unitsOf(
      paths.map((path) => restored(path)),
      { unit, usedBy: 'mtime' },
    ).map(({ name, files }) => `${name}: ${files.length}`);

  it('are files, or what Cargo made of one crate', () => {
    const hash = '0123456789abcdef';
    const paths = [
      `build/debug/.fingerprint/a-${hash}/lib-a`,
      `build/debug/deps/liba-${hash}.rlib`,
      `build/debug/build/a-${hash}/out/generated.rs`,
      `build/debug/build/b/${'f'.repeat(16)}/deps/b.d`,
      'build/debug/.cargo-lock',
      `build/debug/x-${hash}0`,
    ];
    expect(names(paths, 'hash')).to.deep.equal([`${hash}: 3`, `${'f'.repeat(16)}: 1`]);
    expect(names(['x', 'y'], 'file')).to.deep.equal(['x: 1', 'y: 1']);
  });
});

describe('what no build uses any more', () => {
  function uploads(
    count: number,
    used: (upload: number) => readonly string[],
  ): { gone: string[][]; record: IdleRecord } {
    let left = ['a', 'b', 'c'];
    let record: IdleRecord = new Map();
    const gone: string[][] = [];
    for (let upload = 1; upload <= count; upload++) {
      const files = left.map((path) => (used(upload).includes(path) ? marked(path) : restored(path)));
      const judged = judge(unitsOf(files, BY_TOOL), BY_TOOL, SINCE, record);
      ({ record } = judged);
      gone.push(judged.evicted.map(({ name }) => name));
      left = left.filter((path) => !gone.flat().includes(path));
    }
    return { gone, record };
  }

  it('goes with the upload that finds it without use for the last time that is allowed', () => {
    const { gone, record } = uploads(IDLE_UPLOADS + 1, () => ['a']);
    expect(gone.map((names) => names.join())).to.deep.equal(['', '', 'b,c', '']);
    expect([...record]).to.deep.equal([]);
  });

  it('stays when it is used again meanwhile, as by tasks that take turns', () => {
    const { gone } = uploads(9, (upload) => (upload % 2 === 0 ? ['a', 'b'] : ['a', 'c']));
    expect(gone.flat()).to.deep.equal([]);
  });

  it('is not judged where nothing was used at all, or where nothing was fetched', () => {
    const { gone, record } = uploads(5, (upload) => (upload === 1 ? ['a'] : []));
    expect(gone.flat()).to.deep.equal([]);
    expect([...record]).to.deep.equal([
      ['b', 1],
      ['c', 1],
    ]);
    const before = new Map([['b', 2]]);
    const units = unitsOf([marked('a'), restored('b')], BY_TOOL);
    expect(judge(units, BY_TOOL, undefined, before)).to.deep.equal({ evicted: [], record: before });
  });

  it('is not judged by the kernel where only files that are new were read', () => {
    const fresh = `libnew-${'1'.repeat(16)}.rlib`;
    const old = `libold-${'2'.repeat(16)}.rlib`;
    const before = new Map([['2'.repeat(16), IDLE_UPLOADS - 1]]);
    const judged = (files: readonly UsedFile[]) =>
      judge(unitsOf(files, BY_KERNEL), BY_KERNEL, SINCE, before).evicted.length;
    expect(judged([marked(fresh), restored(old)])).to.equal(0);
    expect(judged([marked(fresh), read(`libused-${'3'.repeat(16)}.rlib`), restored(old)])).to.equal(1);
  });

  it('goes as a whole: a file that was used keeps those that belong to it', () => {
    const hash = '0123456789abcdef';
    const other = 'f'.repeat(16);
    const files = [
      read(`.fingerprint/a-${hash}/lib-a`),
      restored(`deps/a-${hash}.rlib`),
      restored(`deps/b-${other}.d`),
    ];
    const { record } = judge(unitsOf(files, BY_KERNEL), BY_KERNEL, SINCE, new Map());
    expect([...record]).to.deep.equal([[other, 1]]);
  });
});

describe('the record of what was not used', () => {
  it('is the same text for the same content, and none for nothing', () => {
    const pairs: [string, number][] = [
      ['b', 1],
      ['a', 2],
    ];
    expect(formatRecord(new Map(pairs))).to.equal(formatRecord(new Map(pairs.toReversed())));
    expect([...parseRecord(formatRecord(new Map(pairs)))]).to.have.deep.members(pairs);
    expect(formatRecord(new Map())).to.equal('');
  });

  it('is empty where it cannot be read as one', () => {
    for (const text of [
      '',
      'x',
      'null',
      '[]',
      '{"uploadsWithoutUse":3}',
      '{"uploadsWithoutUse":[1,["a"],["a","b"]]}',
    ]) {
      expect([...parseRecord(text)], text).to.deep.equal([]);
    }
  });
});
