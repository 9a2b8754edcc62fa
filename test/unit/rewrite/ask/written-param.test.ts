import { expect } from 'chai';
import { withOwnName } from '../../../../shared/rewrite/ask/written-param.ts';
import type { ResolverParams } from '../../../../shared/rewrite/ask/resolver-params.ts';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import type { Run } from '../../../../shared/rewrite/tekton/tekton.ts';
import { runOf, SETTINGS } from '../../../rewrite/case.ts';

/** A run whose own reference has these params, and what Tekton asks with: it has no name yet. */
function asked(kind: 'PipelineRun' | 'TaskRun', written: ResolverParams) {
  const field = kind === 'PipelineRun' ? 'pipelineRef' : 'taskRef';
  const variable = kind === 'PipelineRun' ? '$(context.pipeline.name)' : '$(context.task.name)';
  const reference = { resolver: 'cache', params: Object.entries(written).map(([name, value]) => ({ name, value })) };
  const spec = {
    params: [{ name: 'team', value: 'blue' }],
    workspaces: [{ name: 'w', emptyDir: {} }],
    [field]: reference,
  };
  const run: Run = runOf({ about: '', resolver: 'cache', params: {}, run: { kind, spec } });
  const sent = (text: string): string => text.replaceAll(variable, '').replaceAll('$(params.team)', 'blue');
  const params = Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, typeof value === 'string' ? sent(value) : value]),
  );
  return { run, resolver: 'cache' as const, params };
}

describe('the name of the Pipeline or Task in the params of its own reference', () => {
  it('stands where its variable is, so that Pipelines do not share their entries', () => {
    const target = 'r/$(params.team)/$(context.pipeline.name):x-$(context.pipeline.name)-{{hash}}';
    const { run, ...question } = asked('PipelineRun', { pipelineref: 'p', target, files: 'go.sum' });
    expect(withOwnName(question, run, 'build')).to.deep.equal({
      pipelineref: 'p',
      target: 'r/blue/build:x-build-{{hash}}',
      files: 'go.sum',
    });
    expect(withOwnName(question, run, undefined)).to.deep.equal(question.params);
  });

  it('is that of a Task where a TaskRun asks', () => {
    const target = 'r/x:$(context.task.name)-1';
    const question = asked('TaskRun', { taskref: 't', workspaces: 'w', target });
    const metadata = { name: 'unit' };
    const spec = { workspaces: [{ name: 'w' }], steps: [{ image: 'busybox' }] };
    const document = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata, spec };
    expect(JSON.stringify(resolve({ ...question, document, settings: SETTINGS }))).to.contain('r/x:unit-1');
  });

  it('is nothing to other requests of the run', () => {
    const { run } = asked('PipelineRun', { pipelineref: 'p', target: 'r/x-$(context.pipeline.name)' });
    const params = { taskref: 't', target: 'r/x-' };
    expect(withOwnName({ resolver: 'cache', params }, run, 'build')).to.equal(params);
    expect(withOwnName({ resolver: 'wrap', params: { pipelineref: 'p', target: 'r/x-' } }, run, 'build')).to.include({
      target: 'r/x-',
    });
  });
});
