import { expect } from 'chai';
import { ITEM_OPTION, readLists } from '../../../../shared/cli/arguments/list-items.ts';
import { optionOf, readOptions } from '../../../../shared/cli/arguments/options.ts';
import { knownParams } from '../../../../shared/request/read-params.ts';

const PARAMS = knownParams(['fetch'], 'cli');
const read = (...args: readonly string[]) =>
  Object.fromEntries(readLists(readOptions(args, [...PARAMS.map(optionOf), ITEM_OPTION]), PARAMS));

describe('lists on the command line', () => {
  it('are split, however often their option is given', () => {
    expect(read('--files', 'a,{b,c}\nd', '--files=e')).to.deep.equal({ files: ['a', '{b,c}', 'd', 'e'] });
    expect(read('--files=', '--target', 'x')).to.deep.equal({ files: [] });
  });

  it('have items that are taken as they are', () => {
    expect(read('--item', 'fallbacks=r/x:a,evil/b', '--item=fallbacks=r/y=z\nw', '--item', 'files=')).to.deep.equal({
      fallbacks: ['r/x:a,evil/b', 'r/y=z\nw'],
      files: [''],
    });
    expect(read('--files', 'a,b', '--item', 'files=c,d')).to.deep.equal({ files: ['a', 'b', 'c,d'] });
  });

  it('do not take an item of what is no list', () => {
    expect(() => read('--item', 'target=x')).to.throw('--item: "target=x" is of no list; known are: files');
    expect(() => read('--item', 'fallback=x')).to.throw('did you mean `fallbacks`?');
    expect(() => read('--item', 'files')).to.throw('--item: "files" is not NAME=ITEM');
  });
});
