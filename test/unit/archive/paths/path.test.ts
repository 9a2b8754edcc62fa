import { expect } from 'chai';
import * as fc from 'fast-check';
import { comparePaths, fsPath, isBelow, parentOf, pathProblem } from '../../../../shared/archive/paths/path.ts';

describe('paths', () => {
  it('are ordered component by component', () => {
    const sorted = ['a', 'a/b', 'a/b/c', 'a-b', 'a.b', 'a.b/c', 'b', '\xff'];
    expect(sorted.toReversed().sort(comparePaths)).to.deep.equal(sorted);
  });

  it('have the order of their components for any two paths', () => {
    const component = fc.stringMatching(/^[ab.\-\xff]{1,3}$/);
    const path = fc.array(component, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, (a, b) => {
        const expected = Math.sign(compareComponents(a, b));
        expect(Math.sign(comparePaths(a.join('/'), b.join('/')))).to.equal(expected);
      }),
    );
  });

  it('are below a directory only past a slash', () => {
    expect(isBelow('a/b', 'a')).to.equal(true);
    expect(isBelow('a.b', 'a')).to.equal(false);
    expect(isBelow('a', 'a')).to.equal(false);
    expect(parentOf('a/b/c')).to.equal('a/b');
    expect(parentOf('a')).to.equal('');
  });

  it('go to the file system as the bytes that they are', () => {
    expect(fsPath('plain')).to.equal('plain');
    expect(fsPath('\xff\xe9')).to.deep.equal(Buffer.from([0xff, 0xe9]));
  });

  for (const bad of [
    '',
    '/a',
    'a//b',
    'a/',
    '.',
    '..',
    'a/..',
    './a',
    'a/./b',
    'a\0b',
    'x'.repeat(256),
    'a/'.repeat(2048) + 'a',
  ]) {
    it(`refuses ${JSON.stringify(bad.slice(0, 20))}, ${bad.length} bytes`, () => {
      expect(pathProblem(bad)).to.be.a('string');
    });
  }

  for (const good of ['a', '.a', '..a', 'a..', '...', 'a\n', '.wh.x', 'x'.repeat(255), '\xff']) {
    it(`takes ${JSON.stringify(good.slice(0, 20))}, ${good.length} bytes`, () => {
      expect(pathProblem(good)).to.equal(undefined);
    });
  }
});

function compareComponents(a: readonly string[], b: readonly string[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i];
    if (y === undefined) return 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
