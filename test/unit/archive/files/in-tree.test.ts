import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { realPathIn } from '../../../../shared/archive/files/in-tree.ts';
import { toByteString } from '../../../../shared/archive/paths/path.ts';

describe('what a path is, with every link in it followed,', () => {
  let base: string;
  let outside: string;
  beforeEach(() => {
    [base = '', outside = ''] = ['in-tree-', 'outside-'].map((name) =>
      fs.realpathSync(fs.mkdtempSync(join(tmpdir(), name))),
    );
    fs.mkdirSync(join(base, 'é/.tekton-cache'), { recursive: true });
    fs.symlinkSync('é', join(base, 'link'));
    fs.symlinkSync('nowhere', join(base, 'dangling'));
    fs.symlinkSync('/', join(base, 'all'));
    fs.symlinkSync(outside, join(base, 'out'));
  });
  afterEach(() => [base, outside].forEach((dir) => fs.rmSync(dir, { recursive: true })));

  const of = (root: string, path: string): string | undefined => realPathIn(toByteString(root), toByteString(path));
  const real = (): string => toByteString(join(base, 'é'));

  it('is in the workspace, also where that is the whole file system', () => {
    expect(of(base, 'link')).to.equal(real());
    expect(of('/', `${base.slice(1)}/link`)).to.equal(real());
    expect(of('/', `${base.slice(1)}/out`)).to.equal(toByteString(outside));
  });

  it('is nothing outside of it, where nothing is, and among the files of this program', () => {
    for (const path of ['out', 'dangling', 'none', 'link/none']) expect(of(base, path), path).to.equal(undefined);
    expect(of(join(base, 'é'), '.tekton-cache')).to.equal(undefined);
    for (const path of ['dangling', 'all']) expect(of('/', `${base.slice(1)}/${path}`), path).to.equal(undefined);
  });
});
