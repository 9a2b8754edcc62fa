import { expect } from 'chai';

import { CacheError } from '../../../shared/errors.ts';
import { normalPaths } from '../../../shared/interface/relative-path.ts';

describe('paths', () => {
  it('are directories in normal form, without those inside of another one', () => {
    expect(normalPaths(['./a//b/', 'a/b/c', 'x', 'app/(shop)/[id]'])).to.deep.equal(['a/b', 'x', 'app/(shop)/[id]']);
  });

  for (const pattern of ['packages/*/node_modules', '**/target', '!m/drop', 'a?']) {
    it(`are no patterns: ${pattern} would be the name of nothing`, () => {
      expect(() => normalPaths(['m', pattern]))
        .to.throw(CacheError, pattern)
        .with.property('code', 'InvalidParams');
    });
  }
});
