import { expect } from 'chai';
import { readOptions } from '../../../../shared/cli/arguments/options.ts';
import type { OptionRow, Options } from '../../../../shared/cli/arguments/options.ts';

const ROWS: readonly OptionRow[] = [
  { name: 'target', kind: 'value', meaning: '' },
  { name: 'files', kind: 'list', meaning: '' },
  { name: 'clean', kind: 'flag', meaning: '' },
  { name: 'help', short: 'h', kind: 'flag', meaning: '' },
  { name: 'file', short: 'f', kind: 'value', meaning: '' },
];

function read(...args: string[]): Options {
  return readOptions(args, ROWS);
}

describe('options', () => {
  it('take their value after a space or an equals sign', () => {
    expect(read('--target', 'a=b').values.get('target')).to.equal('a=b');
    expect(read('--target=a=b').values.get('target')).to.equal('a=b');
    expect(read('--target=').values.get('target')).to.equal('');
    expect(read('--target', '--odd').values.get('target')).to.equal('--odd');
  });

  it('may be written as a letter, where they have one', () => {
    expect(read('-f', '-').values.get('file')).to.equal('-');
    expect(read('-f=a').values.get('file')).to.equal('a');
    expect(read('-h').flags.get('help')).to.equal(true);
  });

  it('that are written in the way of another tool are unknown, with their values', () => {
    const known = '--target, --files, --clean, --help, --file';
    expect(read('-o', 'json').problems).to.deep.equal([`Option -o is unknown; known are: ${known}`]);
    expect(read('-target', 'a').problems).to.deep.equal(['Option -target is unknown; did you mean `--target`?']);
    expect(read('--', 'a').problems).to.deep.equal([`Option -- is unknown; known are: ${known}`]);
    expect(read('-undefined', 'a').problems).to.deep.equal([`Option -undefined is unknown; known are: ${known}`]);
  });

  it('that are lists may be given several times', () => {
    expect(read('--files', 'a', '--files=b\nc').lists.get('files')).to.deep.equal(['a', 'b\nc']);
  });

  it('that are flags also take true or false', () => {
    expect(read('--clean').flags.get('clean')).to.equal(true);
    expect(read('--clean', 'false', '--target', 'x').flags.get('clean')).to.equal(false);
    expect(read('--clean=true').flags.get('clean')).to.equal(true);
    expect(read('--clean', '--target', 'x').values.get('target')).to.equal('x');
    expect(read('--clean=maybe').problems).to.deep.equal(['--clean takes true or false, not "maybe".']);
    expect(read('--clean=').flags.has('clean')).to.equal(false);
  });

  it('that are wrong are all told, and the rest is read', () => {
    const { problems, values } = read('--taget', 'x', 'word', '--target', 'a', '--target', 'b', '--files');
    expect(problems).to.deep.equal([
      'Option --taget is unknown; did you mean `--target`?',
      '"word" is no option; options begin with --.',
      '--target is given twice.',
      '--files needs a value.',
    ]);
    expect(values.get('target')).to.equal('a');
  });
});
