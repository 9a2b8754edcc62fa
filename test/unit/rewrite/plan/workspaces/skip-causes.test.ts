import { expect } from 'chai';
import { taskGraph } from '../../../../../shared/rewrite/tekton/pipeline/graph.ts';
import { skipCauses } from '../../../../../shared/rewrite/plan/workspaces/skip-causes.ts';
import type { PipelineTask } from '../../../../../shared/rewrite/tekton/tekton.ts';

const GUARD = [{ input: '$(params.branch)', operator: 'in', values: ['main'] }];

function causesOf(...tasks: readonly PipelineTask[]): Record<string, readonly string[]> {
  return Object.fromEntries(skipCauses({ tasks }, taskGraph({ tasks })));
}

describe('why a run that goes well may do without a task', () => {
  it('is its own `when`, which takes nothing along that comes after it', () => {
    const causes = causesOf({ name: 'a', when: GUARD }, { name: 'b', runAfter: ['a'] });
    expect(causes).to.deep.equal({ a: ['a'], b: [] });
  });

  it('is a missing result of a guarded task, and whatever comes after goes along', () => {
    const causes = causesOf(
      { name: 'a', when: GUARD },
      { name: 'b', params: [{ name: 'image', value: '$(tasks.a.results.image)' }] },
      { name: 'c', runAfter: ['b'] },
      { name: 'd', runAfter: ['c'] },
    );
    expect(causes).to.deep.equal({ a: ['a'], b: ['b'], c: ['b'], d: ['b'] });
  });

  it('is a missing result of a task that failed, for one that may fail itself', () => {
    const first = { name: 'a', onError: 'continue' };
    const second = { name: 'b', params: [{ name: 'image', value: '$(tasks.a.results.image)' }] };
    const third = { name: 'c', runAfter: ['b'] };
    const causes = causesOf(first, { ...second, onError: 'continue' }, third);
    expect(causes).to.deep.equal({ a: [], b: ['b'], c: ['b'] });
    expect(causesOf(first, second, third), 'the run fails').to.deep.equal({ a: [], b: [], c: [] });
  });

  it('is a matrix of which nobody knows that it has a combination', () => {
    const fan = (value: string | readonly string[]) => ({ name: 'fan', matrix: { params: [{ name: 'os', value }] } });
    const next = { name: 'next', runAfter: ['fan'] };
    const sure = { fan: [], next: [] };
    const unsure = { fan: ['fan'], next: ['fan'] };
    expect(causesOf(fan(['linux', 'mac']), next)).to.deep.equal(sure);
    expect(causesOf(fan(['linux', '$(params.others[*])']), next)).to.deep.equal(sure);
    expect(causesOf(fan(['$(params.systems[*])']), next)).to.deep.equal(unsure);
    expect(causesOf(fan('$(params.systems[*])'), next)).to.deep.equal(unsure);
  });
});
