import { expect } from 'chai';

import { defaultReplacements, substitute } from '../../../../../shared/rewrite/tekton/pipeline/substitution.ts';
import { CacheError, ERROR_CODES } from '../../../../../shared/errors.ts';
import type { Json } from '../../../../../shared/rewrite/json/json.ts';
import type { Replacements } from '../../../../../shared/rewrite/tekton/pipeline/substitution.ts';
import type { Pipeline } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { runOf } from '../../../../rewrite/case.ts';

describe('defaults of a Pipeline', () => {
  const runWith = (params: Readonly<Record<string, string>>) => {
    const given = Object.entries(params).map(([name, value]) => ({ name, value }));
    return runOf({ about: '', resolver: 'cache', params: {}, run: { params: given } });
  };
  const defaults = (params: Readonly<Record<string, string>>, run = runWith({})) => {
    const given = Object.entries(params).map(([name, value]) => ({ name, default: value }));
    const pipeline: Pipeline = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: {},
      spec: { params: given, tasks: [] },
    };
    return defaultReplacements(pipeline, run);
  };

  it('are followed as far as Tekton does', () => {
    const chain = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`p${at}`, `$(params.p${at + 1})`]));
    expect(defaults({ ...chain, p10: 'end' }).get('params.p0')).to.equal('end');
  });

  it('never stand for more than somebody reads, however few lines they have', () => {
    const levels = Array.from({ length: 10 }, (_, at) => [`p${at}`, `$(params.p${at + 1})`.repeat(16)]);
    const value = defaults({ ...Object.fromEntries(levels), p10: 'x' }).get('params.p0');
    expect(value).to.have.length.below(10_000);
    expect(value).to.include('$(params.');
  });

  it('stand for no more than a document where the run gives what is large', () => {
    const many = Object.fromEntries(Array.from({ length: 3 }, (_, at) => [`p${at}`, '$(params.large)']));
    const value = 'x'.repeat(500_000);
    expect(() => defaults(many, runWith({ large: value }))).to.throw(CacheError, 'in the place of variables');
    delete many['p2'];
    expect(defaults(many, runWith({ large: value })).get('params.p1')).to.equal(value);
  });
});

describe('what stands in the place of variables', () => {
  it('is refused before it is made, where it would be larger than any document', () => {
    const text = new Map([['params.a', 'x'.repeat(400_000)]]);
    const list = new Map([['params.a', Array.from({ length: 10_000 }, () => 1)]]);
    const refused = (value: Json, replacements: Replacements) =>
      expect(() => substitute(value, replacements))
        .to.throw(CacheError, 'has more than')
        .with.property('code', ERROR_CODES.InvalidParams);
    refused('$(params.a)'.repeat(1000), text);
    refused(
      Array.from({ length: 1000 }, () => '$(params.a)'),
      text,
    );
    refused({ a: { b: '$(params.a)' }, c: ['$(params.a) $(params.a)'] }, text);
    refused(
      Array.from({ length: 1000 }, () => '$(params.a[*])'),
      list,
    );
    expect(substitute(['$(params.a)', '$(params.a)'], text)).to.have.length(2);
  });
});
