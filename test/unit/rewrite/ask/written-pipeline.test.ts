import { expect } from 'chai';
import { writtenPipeline } from '../../../../shared/rewrite/ask/written-pipeline.ts';
import type { Json } from '../../../../shared/rewrite/json/json.ts';
import type { Run } from '../../../../shared/rewrite/tekton/tekton.ts';

const RUN: Run = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run' },
  spec: {
    params: [
      { name: 'flags', value: ['-v'] },
      { name: 'repo', value: { url: 'u' } },
      { name: 'unused', value: ['a'] },
      { name: 'text', value: 't' },
    ],
    workspaces: [
      { name: 'w', emptyDir: {} },
      { name: 'shared', emptyDir: {} },
      { name: 'other', emptyDir: {} },
    ],
  },
};

describe('the Pipeline of `pipelinespec`', () => {
  const specOf = (pipelinespec: Json): unknown =>
    writtenPipeline({ resolver: 'cache', params: { pipelinespec } }, RUN)['spec'];
  const tasks = [
    {
      name: 'build',
      taskRef: { name: 'build' },
      params: [
        { name: 'a', value: ['$(params.flags[*])'] },
        { name: 'b', value: '$(params["repo"]["url"]) $(params.repo.url)' },
      ],
      workspaces: [{ name: 'w' }, { name: 'code', workspace: 'shared' }],
    },
  ];

  it('declares the workspaces and params that an embedded one has from its run', () => {
    expect(specOf({ tasks })).to.deep.equal({
      tasks,
      params: [
        { name: 'flags', type: 'array' },
        { name: 'repo', type: 'object', properties: { url: { type: 'string' } } },
      ],
      workspaces: [{ name: 'w' }, { name: 'shared' }],
    });
  });

  it('keeps what it declares itself', () => {
    const params = [{ name: 'flags', type: 'array', default: [] }];
    const workspaces = [{ name: 'shared', optional: true }];
    expect(specOf({ params, workspaces, tasks })).to.deep.include({
      params: [...params, { name: 'repo', type: 'object', properties: { url: { type: 'string' } } }],
      workspaces: [...workspaces, { name: 'w' }],
    });
  });
});
