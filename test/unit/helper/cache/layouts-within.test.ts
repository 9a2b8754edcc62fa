import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { layoutsWithin, refuseLayoutItself } from '../../../../shared/helper/cache/layouts-within.ts';
import { selectionOf } from '../../../../shared/archive/paths/selection.ts';

describe('layouts within a cached directory', () => {
  let dir: string;
  beforeEach(() => {
    dir = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'layouts-')));
    fs.mkdirSync(join(dir, 'cached/sub'), { recursive: true });
    fs.symlinkSync('cached', join(dir, 'link'));
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  for (const [what, target, globs] of [
    ['there', 'cached/sub:tag', ['sub']],
    ['not there yet', 'cached/new/layout:tag', ['new/layout']],
    ['behind a link', 'link/sub', ['sub']],
    ['outside', 'elsewhere:tag', []],
    ['above', '.:tag', []],
    ['beside, with the same beginning', 'cached-too:tag', []],
  ] as const) {
    it(`are known when they are ${what}`, () => {
      expect(layoutsWithin(join(dir, 'cached'), [`oci:${join(dir, target)}`])).to.deep.equal(globs);
    });
  }

  it('are excluded by their very name, whatever signs it has', () => {
    const name = '!{a,b}*(x|y)[1]+?@\\z';
    const [glob = ''] = layoutsWithin(dir, [`oci:${join(dir, name)}:tag`]);
    const selection = selectionOf([], [glob]);
    expect(selection.relation(name)).to.equal('outside');
    for (const other of ['a', 'ax', 'z', '!{a,b}x']) expect(selection.relation(other)).to.equal('inside');
  });

  it('are not looked for in registries, and what is no target is for others to refuse', () => {
    expect(layoutsWithin('/nowhere', ['registry.example.com/app:v1', 'https://x', 'oci:'])).to.deep.equal([]);
  });

  it('are refused where the directory is one itself', () => {
    const target = `oci:${join(dir, 'cached')}:tag`;
    expect(() => refuseLayoutItself(join(dir, 'link'), target)).to.throw('cached directory itself');
    expect(layoutsWithin(join(dir, 'link'), [target])).to.deep.equal([]);
    for (const other of [dir, join(dir, 'cached/sub')]) expect(() => refuseLayoutItself(other, target)).to.not.throw();
  });
});
