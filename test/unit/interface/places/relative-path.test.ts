import { expect } from 'chai';

import { CacheError } from '../../../../shared/errors.ts';
import { normalPaths } from '../../../../shared/interface/places/relative-path.ts';

describe('paths', () => {
  for (const [given, normal] of [
    [
      ['./a//b/', 'a/b/c', 'x', 'app/(shop)/[id]'],
      ['a/b', 'x', 'app/(shop)/[id]'],
    ],
    [
      ['!./m//drop/', 'packages/*/./node_modules', 'm'],
      ['packages/*/node_modules', 'm', '!m/drop'],
    ],
    [
      ['a', 'a/*/b'],
      ['a', 'a/*/b'],
    ],
    [['a', '.'], []],
    [['*', 'b'], []],
    [['**/*'], []],
    [
      ['a', '.', '!src'],
      ['**', '!src'],
    ],
    [['\\!a'], ['\\!a']],
  ] as const) {
    it(`${given.join(' and ')} are in normal form ${normal.join(' and ') || 'the whole workspace'}`, () => {
      expect(normalPaths(given)).to.deep.equal(normal);
    });
  }

  for (const [given, problem] of [
    [['!m/drop'], 'excluding globs'],
    [['m', '!'], 'is empty'],
    [['m', '!.'], 'is no path'],
    [['m', '!../x'], 'holds `..`'],
    [['m', '{a'], 'does not close its brace'],
    [['.tekton-cache/{a,b}'], "tool's own directory"],
  ] as const) {
    it(`${given.join(' and ')} are refused with a sentence`, () => {
      expect(() => normalPaths(given))
        .to.throw(CacheError, problem)
        .with.property('code', 'InvalidParams');
    });
  }
});
