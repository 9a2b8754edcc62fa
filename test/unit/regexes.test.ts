import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parsers } from 'prettier/plugins/babel';
import { patient } from '../support/patience.ts';
import { slowness } from '../support/regex/ambiguity.ts';

/** A call of `RegExp`, whose expression nobody sees before it runs. */
const COMPOSED = /\bRegExp\(/;

const ROOT = new URL('../../', import.meta.url);

interface Literal {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression that is written in the product. */
async function literalsOf(file: string): Promise<Literal[]> {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  const found: Literal[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    if ('type' in node && node.type === 'RegExpLiteral' && 'pattern' in node && 'flags' in node) {
      found.push({ file, source: String(node.pattern), flags: String(node.flags) });
    }
    for (const [name, child] of Object.entries(node)) if (name !== 'loc' && name !== 'tokens') visit(child);
  };
  visit(await parsers['babel-ts'].parse(text, {} as Parameters<(typeof parsers)['babel-ts']['parse']>[1]));
  return found;
}

describe('regular expressions', function () {
  // All files of the product are parsed: seconds, and as much more as other suites take of the machine meanwhile.
  this.timeout(patient(120_000));

  it('are all linear in the text that they are given', async () => {
    const files = globSync('{shared,controller}/**/*.ts', { cwd: ROOT.pathname }).sort();
    const literals = (await Promise.all(files.map(literalsOf))).flat();
    expect(literals.length).to.be.greaterThan(50);
    const slow = literals.flatMap(({ file, source, flags }) => {
      const how = slowness(source, flags);
      return how === undefined ? [] : [`${file}: /${source}/${flags}: ${how}`];
    });
    expect(slow).to.deep.equal([]);
  });

  it('are all written out, so that none escapes the check', () => {
    const files = globSync('{shared,controller}/**/*.ts', { cwd: ROOT.pathname }).sort();
    const composed = files.filter((file) => COMPOSED.test(readFileSync(new URL(file, ROOT), 'utf8')));
    expect(composed).to.deep.equal([]);
  });

  it('are told from those that are not', () => {
    const slow = [
      '(a+)+$',
      '(a|a)*b',
      '^a*a*$',
      'a+$',
      '\\{\\{\\s*([^{}]*?)\\s*\\}\\}',
      '^(a|aa)*$',
      '^(a{1,2})*$',
      '\\s+$',
    ];
    const linear = [
      '^a+$',
      'a+',
      '[\\s,]*',
      '^(?:[a-z]+-)*[a-z]+$',
      '@[^@/]*$',
      '^a{1,15}$',
      '^(\\d+):(\\d+)$',
      '\\$\\([^()]*\\)',
    ];
    expect(slow.filter((source) => slowness(source, '') === undefined)).to.deep.equal([]);
    expect(linear.filter((source) => slowness(source, '') !== undefined)).to.deep.equal([]);
  });
});
