import { expect } from 'chai';
import { compareTree } from '../../../../../shared/entry/upload/compare/compare-tree.ts';
import type { KnownEntry } from '../../../../../shared/entry/upload/compare/compare-tree.ts';
import { classifyChange } from '../../../../../shared/entry/upload/compare/classify-change.ts';
import type { WalkItem, WalkStats } from '../../../../../shared/archive/files/walk/walk.ts';

const TAKEN_AT = 2_000_000;
const STATE = { dev: 1, ino: 2, mtimeMs: 1000.5, ctimeMs: 1000.5 };

describe('a comparison of a walk with a known tree', () => {
  const kinds = (items: WalkItem[], known: KnownEntry[]): string[] =>
    [...compareTree(items, known.values(), TAKEN_AT)].map((each) => {
      if (each === undefined) throw new Error('no item came without one to compare');
      const path = each.kind === 'gone' ? each.path : each.item.path;
      return `${path} ${each.kind}${each.kind === 'gone' && each.below ? ' below' : ''}`;
    });

  it('says what is kept, new, changed and gone', () => {
    const items = [item('a'), item('b', { size: 8 }), item('d', { ctimeMs: 5 }), item('e')];
    const known = [entry('a'), entry('b'), entry('c'), entry('d')];
    expect(kinds(items, known)).to.deep.equal(['a kept', 'b new', 'c gone', 'd doubtful', 'e new']);
  });

  it('says what is gone, and what is gone with it', () => {
    const known = [entry('d', 'directory'), entry('d/a'), entry('d/b'), entry('d.x'), entry('e')];
    expect(kinds([], known)).to.deep.equal(['d gone', 'd/a gone below', 'd/b gone below', 'd.x gone', 'e gone']);
  });

  it('says what was below a directory that is something else now', () => {
    const known = [entry('d', 'directory'), entry('d/a'), entry('d/b', 'directory'), entry('d/b/c')];
    expect(kinds([item('d')], known)).to.deep.equal(['d new', 'd/a gone below', 'd/b gone below', 'd/b/c gone below']);
    expect(kinds([item('d', {}, 'directory')], [entry('d')])).to.deep.equal(['d new']);
  });

  it('trusts no state without a stat cache, or from just before it', () => {
    expect(kinds([item('a')], [{ ...entry('a'), state: undefined }])).to.deep.equal(['a doubtful']);
    const late = { ctimeMs: TAKEN_AT - 1.5, mtimeMs: TAKEN_AT - 1.5 };
    expect(kinds([item('a', late)], [{ ...entry('a'), state: { ...STATE, ...late } }])).to.deep.equal(['a doubtful']);
  });

  for (const change of [{ ino: 8 }, { dev: 8 }, { mtimeMs: 8.5 }, { ctimeMs: 8.5 }, { mode: 0o100755 }]) {
    it(`sees another ${Object.keys(change).join()}`, () => {
      expect(kinds([item('a', change)], [entry('a')])).to.deep.equal(['a doubtful']);
    });
  }

  it('leaves files with several names for when all names are known', () => {
    expect(kinds([item('a', { nlink: 2 })], [entry('a')])).to.deep.equal(['a linked']);
  });
});

describe('the judgement of a path that was looked at', () => {
  const attributes = { mode: 0o644, mtimeSec: 3, mtimeNs: 500 };
  const seen = { attributes, sameContent: true, sameWorkspace: true };
  const small: KnownEntry = { ...entry('a'), ...attributes };
  const large: KnownEntry = { ...small, type: 'file', size: 2 ** 21, digest: '' };

  it('is to pack what has other content', () => {
    expect(classifyChange(small, { ...seen, sameContent: false })).to.equal('pack');
    expect(classifyChange(large, { ...seen, sameContent: false })).to.equal('pack');
  });

  it('is that nothing changed when times are a rounding apart', () => {
    expect(classifyChange(small, { ...seen, attributes: { ...attributes, mtimeNs: 999 } })).to.equal('same');
  });

  it('is to pack a small file with another time or mode, and to describe a large one', () => {
    const later = { ...seen, attributes: { ...attributes, mtimeSec: 4 } };
    const locked = { ...seen, attributes: { ...attributes, mode: 0o600 } };
    expect([classifyChange(small, later), classifyChange(large, later)]).to.deep.equal(['pack', 'describe']);
    expect([classifyChange(small, locked), classifyChange(large, locked)]).to.deep.equal(['pack', 'describe']);
    expect(classifyChange({ ...small, type: 'directory' }, later)).to.equal('pack');
  });

  it('is to describe times of another workspace, but to pack modes', () => {
    const elsewhere = { ...seen, sameWorkspace: false };
    expect(classifyChange(small, { ...elsewhere, attributes: { ...attributes, mtimeSec: 4 } })).to.equal('describe');
    expect(classifyChange(small, { ...elsewhere, attributes: { ...attributes, mode: 0o600 } })).to.equal('pack');
  });
});

function item(path: string, change: Partial<WalkStats> = {}, type: WalkItem['type'] = 'file'): WalkItem {
  const mode = { file: 0o100644, directory: 0o040644, symlink: 0o120644 }[type];
  return { path, type, stats: { ...STATE, atimeMs: 0, mode, nlink: 1, uid: 0, size: 3, ...change } };
}

function entry(path: string, type: 'file' | 'directory' = 'file'): KnownEntry {
  const located = { path, layer: 0, frame: 0, offset: 512, mode: 0o644, mtimeSec: 1, mtimeNs: 0, state: STATE };
  return type === 'file' ? { type, ...located, size: 3, digest: '00' } : { type, ...located };
}
