import { expect } from 'chai';

import { compile } from '../../../support/image/product/compile.ts';

const onlyOurs = (path: string): boolean => ['./ours.ts', '../up/ours.ts'].includes(path);

describe('the sources in the image', () => {
  it('import our files by their new names, in every form of an import', () => {
    const source = [
      `import { a } from './ours.ts';`,
      `import './ours.ts';`,
      `export * from "../up/ours.ts";`,
      `const b = await import('./ours.ts');`,
      `const c = new URL('./ours.ts', import.meta.url);`,
    ].join('\n');
    expect(compile(source, onlyOurs)).to.equal(source.replaceAll('.ts', '.js'));
  });

  it('keep strings that only look like one of our files', () => {
    const source = `const name = './ours.ts'; import x from 'pkg/ours.ts'; import y from './theirs.ts';`;
    expect(compile(source, onlyOurs)).to.equal(source);
  });

  it('lose their types and nothing else, not even a position', () => {
    const source = `const a: number = 1;\nthrow new Error(String(a));\n`;
    expect(compile(source, onlyOurs)).to.equal(`const a         = 1;\nthrow new Error(String(a));\n`);
  });

  it('do not import what is a type only', () => {
    expect(compile(`import type { T } from './ours.ts';\nexport const t = 1;`, onlyOurs)).not.to.include('ours');
  });
});
