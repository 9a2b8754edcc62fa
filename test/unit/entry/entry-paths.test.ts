import { expect } from 'chai';
import { holdsPaths, pathsAnnotation } from '../../../shared/entry/entry-paths.ts';

describe('the paths that an entry was made of', () => {
  it('do not depend on the order in which they were given', () => {
    expect(pathsAnnotation(['b', '!b/c', 'a'])).to.deep.equal(pathsAnnotation(['a', 'b', '!b/c']));
    expect(pathsAnnotation([])).to.deep.equal({});
  });

  for (const [made, wanted, holds] of [
    [['a'], ['a'], true],
    [['a'], ['a/b'], true],
    [['a/b'], ['a'], true],
    [['a'], ['a-b'], false],
    [['a'], ['a', 'b'], false],
    [['*/x'], ['*/x'], true],
    [['*/x'], ['a/x/y'], true],
    [['*/x'], ['a/y'], false],
    [['*/x'], ['?/x'], false],
    [['a'], ['a/*/x'], true],
    [['a'], ['{a,b}/x'], false],
    [['a/x'], ['a/*'], false],
    [['**', '!b'], ['a'], true],
    [['**', '!b'], ['b'], false],
    [['**', '!b'], ['**/x'], false],
    [['**', '!b'], ['**/x', '!b'], true],
    [['a', '!a/b'], ['a'], false],
    [['a', '!a/b'], ['a', '!a/b', '!a/c'], true],
    [['a', '!**/tmp'], ['a/c'], false],
    [['**/x'], ['a'], false],
    [['**/x'], ['a/x'], true],
    [['*/x'], ['a'], false],
    [['a'], [], true],
    [['{a'], ['a'], false],
    [Array.from({ length: 100_000 }, (_, n) => `*${n}`), ['a'], false],
  ] as const) {
    it(`${made.slice(0, 3).join(' ')} hold ${wanted.join(' ') || 'what a whole workspace wants'}: ${holds}`, () => {
      expect(holdsPaths({ 'cache.tekton.dev/paths': JSON.stringify(made) }, wanted)).to.equal(holds);
    });
  }
});
