import { expect } from 'chai';
import * as fc from 'fast-check';
import { CacheError } from '../../../shared/errors.ts';
import { escapeValue } from '../../../shared/interface/text/escape-value.ts';
import { repositoryOf } from '../../../shared/helper/cache/stores.ts';
import {
  expandPartly,
  expandTemplate,
  hasTag,
  repositoryOfTemplate,
  usesHash,
} from '../../../shared/request/template.ts';
import { parseTarget } from '../../../shared/store/reference.ts';

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/** Reads an escaped value back, from its definition in the docs. */
function unescape(text: string): string {
  const bytes: number[] = [];
  for (const [, hex, upper, kept] of text.matchAll(/([0-9a-f]{2})__x|([a-z])__u|([\s\S])/g)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else bytes.push((upper?.toUpperCase() ?? kept ?? '').charCodeAt(0));
  }
  return Buffer.from(bytes).toString('utf8');
}

const awkward = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'B', 'x', 'u', '0', '5', 'f', '.', '_', '-', '/', 'é'), minLength: 1 }),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);

describe('template values', () => {
  it('leaves the names of Kubernetes as they are', () => {
    for (const name of ['source', 'go-mod.v2', 'a_b', '0']) expect(escapeValue(name)).to.equal(name);
  });

  it('writes the examples of the docs', () => {
    expect(escapeValue('MyTask')).to.equal('m__uyt__uask');
    expect(escapeValue('feature/é')).to.equal('feature2f__xc3__xa9__x');
    expect(escapeValue('a--b-')).to.equal('a-2d__xb2d__x');
  });

  it('can be read back, so that two values never give the same text', () => {
    fc.assert(fc.property(awkward, (value) => unescape(escapeValue(value)) === value));
  });

  it('are legal in a repository and in a tag, whatever they are', () => {
    fc.assert(
      fc.property(awkward, (value) => {
        const text = escapeValue(value);
        return COMPONENT.test(text) && COMPONENT.test(`cache-${text}.x`) && (text.length > 128 || TAG.test(text));
      }),
    );
  });
});

describe('templates', () => {
  it('are expanded with all their variables', () => {
    const values = {
      hash: 'ab12',
      workspace: 'Go',
      namespace: 'team',
      pipeline: 'build',
      task: 't',
      arch: 'amd64',
      os: 'linux',
    };
    const template = 'r.example/{{namespace}}/{{ pipeline }}/{{task}}:{{workspace}}-{{hash}}-{{os}}-{{arch}}';
    expect(expandTemplate(template, values)).to.equal('r.example/team/build/t:g__uo-ab12-linux-amd64');
  });

  it('are expanded in two stages to the same', () => {
    const template = 'r.example/{{namespace}}:{{hash}}';
    const first = expandPartly(template, { namespace: 'Team' });
    expect(first).to.equal('r.example/t__ueam:{{hash}}');
    expect(expandTemplate(first, { hash: 'a' })).to.equal(expandTemplate(template, { namespace: 'Team', hash: 'a' }));
  });

  it('know whether they use the hash', () => {
    expect(usesHash('r.example/a:{{ hash }}')).to.equal(true);
    expect(usesHash('r.example/hash:{{workspace}}')).to.equal(false);
  });

  it('take any text by slug, and write it as the value of a variable', () => {
    fc.assert(
      fc.property(awkward, (value) => {
        fc.pre(!value.includes('{{') && !value.includes(')}}'));
        return (
          expandPartly(`r.example/a:x-{{slug(${value})}}`, {}) ===
          expandPartly(`r.example/a:x-${escapeValue(value)}`, {})
        );
      }),
    );
    expect(expandPartly('r/{{slug(Team)}}:{{slug(feature/x)}}-{{hash}}', {})).to.equal(
      'r/t__ueam:feature2f__xx-{{hash}}',
    );
  });

  it('never give one branch the name of another, whatever is in its name', () => {
    const template = (value: string): string => `r.example/{{slug(${value})}}/a:{{slug(${value})}}-end`;
    const names = fc.array(fc.constantFrom('ma', 'in', ')}}', '{{slug(', '/', ':', '-', '{{', '}}', ')'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(names, (parts) => {
        const value = parts.join('');
        fc.pre(value !== 'main');
        try {
          return expandPartly(template(value), {}) !== expandPartly(template('main'), {});
        } catch (error) {
          return error instanceof CacheError;
        }
      }),
    );
    expect(() => expandPartly('r:{{slug(ma)}}{{slug(in)}}', {})).to.throw('`/` or `:` between them');
  });

  it('refuse a slug of nothing, of a variable, and one that does not end', () => {
    expect(() => expandPartly('r:{{slug()}}', {})).to.throw('the param in it is empty');
    expect(() => expandPartly('r:{{slug({{hash}})}}', {})).to.throw('variables are written safely without it');
    expect(() => expandPartly('r:{{slug(a}}', {})).to.throw('has no partner');
  });

  it('are read in one pass: a megabyte of any shape comes to an end', () => {
    for (const piece of ['{{', '{{ ', '}}', '{{slug(', ')}}', '{{slug(a)}}', '{{hash}}', '{', ' ']) {
      const size = 1_000_000;
      const template = `{{${piece.repeat(size / piece.length)}`;
      try {
        expandPartly(template, {});
      } catch (error) {
        if (!(error instanceof CacheError)) throw error;
      }
    }
  });

  it('refuse a variable without a value', () => {
    expect(() => expandTemplate('r.example/a:{{hash}}', {})).to.throw('{{hash}} has no value');
    expect(() => expandTemplate('r.example/a:{{hash}}', { hash: '' })).to.throw('{{hash}} has no value');
  });

  it('give tags and repositories within their limits, still different for different values', () => {
    const long = 'w'.repeat(120);
    const expand = (hash: string): string =>
      expandTemplate('r.example/a:{{workspace}}-{{hash}}', { workspace: long, hash });
    const [, tag = ''] = expand('a'.repeat(64)).split(':');
    expect(tag).to.have.length(128).and.match(TAG);
    expect(expand('a'.repeat(64))).not.to.equal(expand('b'.repeat(64)));

    const repository = expandTemplate('r.example/{{namespace}}/{{workspace}}:t', {
      namespace: 'n'.repeat(200),
      workspace: long,
    });
    expect(repository.length).to.equal(255 + ':t'.length);
  });

  it('leave digests and the directories of layouts alone', () => {
    const digest = `r.example/a@sha256:${'0'.repeat(64)}`;
    expect(expandTemplate(digest, {})).to.equal(digest);
    const layout = `oci:/${'d'.repeat(300)}:{{hash}}`;
    expect(expandTemplate(layout, { hash: 'a' })).to.equal(`oci:/${'d'.repeat(300)}:a`);
    expect(expandTemplate('oci:dir', {})).to.equal('oci:dir');
  });

  it('have the repository that a registry or layout has, with a tag, a digest or none', () => {
    const digest = `@sha256:${'0'.repeat(64)}`;
    for (const name of [
      'r.example/a',
      'r.example:5000/a/b',
      'localhost:5000/a',
      'oci:dir',
      'oci:oci',
      'oci:./d',
      'oci:/d',
    ]) {
      for (const end of ['', ':t', ':{{hash}}', digest, `:t${digest}`]) {
        expect(repositoryOfTemplate(name + end), name + end).to.equal(name);
        expect(hasTag(name + end), name + end).to.equal(end !== '');
      }
      expect(repositoryOf(parseTarget(`${name}:t`))).to.equal(name);
    }
  });
});
