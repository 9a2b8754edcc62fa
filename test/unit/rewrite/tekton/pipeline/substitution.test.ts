import { expect } from 'chai';

import { defaultReplacements } from '../../../../../shared/rewrite/tekton/pipeline/substitution.ts';
import type { Pipeline } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { runOf } from '../../../../rewrite/case.ts';

describe('defaults of a Pipeline', () => {
  const run = runOf({ about: '', resolver: 'cache', params: {}, run: {} });
  const defaults = (params: Readonly<Record<string, string>>) => {
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
});
