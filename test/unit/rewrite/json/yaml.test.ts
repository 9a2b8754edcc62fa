import { expect } from 'chai';
import { readAllYaml, readYaml } from '../../../../shared/rewrite/json/yaml.ts';

/** What YAMLToJSON of sigs.k8s.io/yaml 1.6.0, which Tekton 1.15 reads with, makes of the same text. */
const SCALARS: Readonly<Record<string, unknown>> = {
  '0400': 256,
  '0755': 493,
  '-012': -10,
  '0o17': 15,
  '0x1F': 31,
  '0b11': 3,
  '1_000': 1000,
  '08': 8,
  '+5': 5,
  '00': 0,
  '.5': 0.5,
  '1.': 1,
  '1.10': 1.1,
  '1e3': 1000,
  '0x': '0x',
  '0b2': '0b2',
  '1.2.3': '1.2.3',
  '1e400': '1e400',
  '22:22': '22:22',
  '2001-01-01': '2001-01-01',
  yes: true,
  On: true,
  y: true,
  NO: false,
  off: false,
  yEs: 'yEs',
  '~': null,
  Null: null,
  '"yes"': 'yes',
  "'0400'": '0400',
  '!!str 0400': '0400',
  '<<': '<<',
};

describe('YAML as Kubernetes reads it', () => {
  for (const [text, value] of Object.entries(SCALARS)) {
    it(`takes ${text} for ${JSON.stringify(value)}`, () => {
      expect(readYaml(`a: ${text}`)).to.deep.equal({ a: value });
    });
  }

  it('keeps the digits of a number that JavaScript does not have', () => {
    expect(readYaml('[12345678901234567890, -9007199254740993]')).to.deep.equal([
      '12345678901234567890',
      '-9007199254740993',
    ]);
  });

  it('has keys that are text', () => {
    expect(readYaml('{0400: a, on: b, 1.5: c}')).to.deep.equal({ 256: 'a', true: 'b', 1.5: 'c' });
  });

  it('merges where `<<` stands: over what is before it, under what comes after', () => {
    const base = 'base: &base {name: one, image: i}\n';
    expect(readYaml(`${base}step: {<<: *base, name: two}`)).to.have.deep.property('step', { name: 'two', image: 'i' });
    expect(readYaml(`${base}step: {name: two, <<: *base}`)).to.have.deep.property('step', { name: 'one', image: 'i' });
  });

  it('merges the first of several over the others, and what was merged itself', () => {
    const maps = 'a: &a {k: 1}\nb: &b {<<: *a, l: 2}\n';
    expect(readYaml(`${maps}c: {<<: [*b, {l: 3, m: 4}]}`)).to.have.deep.property('c', { k: 1, l: 2, m: 4 });
    expect(() => readYaml('a: {<<: 1}')).to.throw('has to be a map');
    expect(readYaml('"<<": {k: 1}')).to.deep.equal({ '<<': { k: 1 } });
  });

  it('lets the last of equal keys count', () => {
    expect(readYaml('{a: 1, a: 2}')).to.deep.equal({ a: 2 });
  });

  it('takes the first of several documents where one is wanted, and nothing where there is none', () => {
    expect(readYaml('---\na: 1\n---\nb: 2\n')).to.deep.equal({ a: 1 });
    expect(readYaml('# nothing\n')).to.equal(null);
    expect(readAllYaml('---\na: 1\n---\nb: 2\n')).to.deep.equal([{ a: 1 }, { b: 2 }]);
  });

  it('refuses text that grows without measure', () => {
    const lines = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`),
    ];
    expect(() => readYaml(lines.join('\n'))).to.throw('Excessive alias count');
    expect(() => readAllYaml(lines.join('\n'))).to.throw('Excessive alias count');
  });

  it('takes as many aliases as a long file of a user has', () => {
    const tasks = Array.from({ length: 400 }, (_, at) => `- { name: t${at}, workspaces: *w, retries: *r }`);
    const text = ['- &w [{ name: source }]', '- &r 2', ...tasks].join('\n');
    expect(readAllYaml(text)[0]).to.have.length(402);
    expect(() => readYaml(text)).to.throw('more than 100 aliases');
  });
});
