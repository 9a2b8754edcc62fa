import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { GlobState } from '../../../shared/glob/glob-state.ts';
import { escapeGlob, readGlobs } from '../../../shared/glob/glob.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('a glob', () => {
  const matches = (glob: string, path: string): boolean =>
    GlobState.top(readGlobs('files', [glob])).at(path).matched.length > 0;

  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['*.log', ['a.log', '.log'], ['a/b.log', 'a.logs', 'a.LOG']],
    ['**/*.log', ['a.log', 'a/b.log', 'a/.b/c.log'], ['a/b.lo']],
    ['**', ['a', '.a/b'], []],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'b/a']],
    ['a/**/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb']],
    ['a**b', ['ab', 'axb'], ['a/b']],
    ['?', ['a', '.', bytes('é'), bytes('😀'), '\xff'], ['ab', bytes('éa'), '\xff\xff']],
    ['*??', ['ab', bytes('é€'), '\xff\xfe'], ['a', bytes('€')]],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[!a]x', ['bx', bytes('éx'), '\xffx'], ['ax', 'x']],
    ['[^a-c]', ['d'], ['b']],
    ['[é-ü]', [bytes('ö')], [bytes('z'), '\xc3']],
    ['[]a]', [']', 'a'], ['[]a', 'b']],
    ['[\\]]', [']'], ['\\']],
    ['[a-]', ['a', '-'], ['b']],
    ['{a,b/c}.d', ['a.d', 'b/c.d', '{a,b/c}.d'], ['c.d', 'a,d']],
    ['{a,{b,c}d}e', ['ae', 'bde', 'cde'], ['be']],
    ['{,x}a', ['a', 'xa'], ['x']],
    ['v{1..3}', ['v1', 'v3'], ['v4']],
    ['{c..a}', ['a', 'b'], ['d']],
    ['{a}', ['{a}'], ['a']],
    ['+(ab|c)', ['ab', 'cab'], ['', 'abb']],
    ['*(a)b', ['b', 'aab'], ['ab/b']],
    ['?(a)b', ['b', 'ab'], ['aab']],
    ['@(a|b)', ['a', 'b'], ['ab']],
    ['x!(a|b)', ['x', 'xc', 'xab'], ['xa', 'xb']],
    ['(a|b)c', ['ac', 'bc'], ['abc']],
    ['@(a(b)c|d)', ['abc', 'd'], ['a(b)c', 'a(bc)']],
    ['é', [bytes('é')], ['\xe9']],
    ['./a//./b/', ['a/b'], ['a/b/c']],
    ['app/(shop)/*', ['app/(shop)/page'], ['app/shop/page']],
    ['app/[id]/*', ['app/[id]/page', 'app/i/page'], ['app/id/page']],
    ['a+[(]b)^$|', ['a+(b)^$|'], ['aab']],
    ['\\*\\', ['*\\'], ['a']],
    ['a b/c, d', ['a b/c, d'], []],
    ['line*', ['line\nbreak'], []],
  ];
  for (const [glob, yes, no] of cases) {
    it(`${glob} matches ${yes.join(' ')} and not ${no.join(' ')}`, () => {
      for (const path of yes) expect(matches(glob, path), path).to.equal(true);
      for (const path of no) expect(matches(glob, path), path).to.equal(false);
    });
  }

  for (const glob of [
    '',
    '.',
    '!',
    '/abs',
    '../up',
    'a/../b',
    '{a,..}/b',
    '{/a,b}',
    '{a',
    'a}',
    '[z-a]',
    '[[:alpha:]]',
    '*.+(log|tmp',
    '@(a/b)',
    '(a|b',
    '{1..99999}',
    '{a,b}'.repeat(10),
    '('.repeat(20) + '|',
    '{'.repeat(20) + '}'.repeat(20),
  ]) {
    it(`${JSON.stringify(glob.slice(0, 30))} is refused by its param`, () => {
      expect(() => readGlobs('exclude', [glob]))
        .to.throw(CacheError, '`exclude`')
        .with.property('code', 'InvalidParams');
    });
  }

  it('of any name is what escapeGlob makes of it', () => {
    const names = ['a*b?[c]', '{x,y}', '!a', '@(a|b)', 'a\\b', 'C++ (old)', '[', '}'];
    for (const name of names) {
      expect(matches(escapeGlob(name), name), name).to.equal(true);
      expect(matches(escapeGlob(name), 'a'), name).to.equal(false);
    }
  });

  it('stands for a thousand others at most, in a list of them', () => {
    expect(readGlobs('files', ['{a,b}'.repeat(9)])).to.have.length(1);
    expect(() => readGlobs('files', ['{a,b}'.repeat(9), '{c,d}'.repeat(9)])).to.throw(CacheError, 'too many');
  });
});

describe('a list of globs', () => {
  const state = (globs: string[], path: string): GlobState => GlobState.top(readGlobs('paths', globs)).at(path);

  it('is without what a `!` takes out, wherever that stands, with all that is in it', () => {
    for (const globs of [
      ['m', '!m/drop'],
      ['!m/drop', 'm'],
      ['m/**', 'm/drop/x', '!m/drop'],
    ]) {
      expect(state(globs, 'm/keep').covered).to.equal(true);
      expect(state(globs, 'm/drop').covered).to.equal(false);
      expect(state(globs, 'm/drop/x')).to.include({ covered: false, leadsOn: false }).and.deep.include({ matched: [] });
    }
  });

  it('tells what may be below a path', () => {
    expect(state(['a/*/b'], 'a')).to.include({ covered: false, leadsOn: true });
    expect(state(['a/*/b'], 'a/x/b')).to.include({ covered: true, leadsOn: false });
    expect(state(['a/*/b'], 'c')).to.include({ covered: false, leadsOn: false });
    expect(state(['a', '!a/b/c'], 'a/b')).to.include({ covered: true, leadsOut: true });
    expect(state(['a', '!a/b/c'], 'a/x')).to.include({ covered: true, leadsOut: false });
  });

  it('knows names that have to be asked for, and then no directory is listed', () => {
    expect(GlobState.top(readGlobs('files', ['a/b', 'c'])).names).to.deep.equal(new Set(['a', 'c']));
    expect(state(['a/b', '*/d'], 'a').names).to.deep.equal(new Set(['b', 'd']));
    expect(state(['a/[b]'], 'a').names).to.equal(undefined);
  });

  it('leads through a link by the names at its beginning alone', () => {
    expect(state(['l/*.x', '**/y', '*/z'], 'l').behindLink().at('a.x').covered).to.equal(true);
    expect(state(['l/*.x', '**/y', '*/z'], 'l').behindLink().at('y').covered).to.equal(false);
    expect(state(['l/*.x', '**/y', '*/z'], 'l').behindLink().at('z').covered).to.equal(false);
    expect(state(['l/**'], 'l').behindLink().at('a/b').covered).to.equal(true);
    expect(state(['l/**'], 'l/a').behindLink().leadsOn).to.equal(false);
  });
});
