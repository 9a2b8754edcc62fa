import { expect } from 'chai';

import { isNeededAtRunTime } from '../../../support/image/product/dependencies.ts';

describe('the dependencies in the image', () => {
  for (const path of [
    'yaml/dist/doc/Document.js',
    'yaml/package.json',
    'yaml/LICENSE',
    '@kubernetes/client-node/dist/index.js',
    'a/dist/test/runner.js',
    'a/test.js',
    '@scope/test/index.js',
    'a/node_modules/b/index.cjs',
  ]) {
    it(`keep ${path}`, () => expect(isNeededAtRunTime(path)).to.equal(true));
  }

  for (const path of [
    '.package-lock.json',
    '.bin/tool',
    'yaml/README.md',
    'a/index.d.ts',
    'a/index.d.mts',
    'a/dist/index.js.map',
    'a/test/index.js',
    '@scope/a/tests/index.js',
    'a/node_modules/b/docs/page.js',
    'a/.github/funding.yml',
    'bare-fs/prebuilds/linux-x64/bare-fs.bare',
  ]) {
    it(`leave out ${path}`, () => expect(isNeededAtRunTime(path)).to.equal(false));
  }
});
