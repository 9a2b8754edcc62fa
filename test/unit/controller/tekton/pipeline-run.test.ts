import { expect } from 'chai';

import { owningPipelineRun, podSettingsOf } from '../../../../controller/tekton/pipeline-run.ts';
import type { PipelineRun } from '../../../../controller/tekton/pipeline-run.ts';

const pipelineRun: PipelineRun = {
  metadata: { name: 'pr' },
  spec: {
    taskRunTemplate: {
      podTemplate: {
        nodeSelector: { disk: 'hdd', zone: 'a' },
        securityContext: { runAsUser: 1001, fsGroup: 1001 },
        env: [
          { name: 'HTTPS_PROXY', value: 'http://general:3128' },
          { name: 'NO_PROXY', value: 'registry' },
        ],
      },
    },
    taskRunSpecs: [
      { pipelineTaskName: 'build', podTemplate: { nodeSelector: { disk: 'none' } } },
      {
        pipelineTaskName: 'fetch',
        podTemplate: { nodeSelector: { disk: 'ssd' }, env: [{ name: 'HTTPS_PROXY', value: 'http://special:3128' }] },
        computeResources: { requests: { memory: '1Gi' } },
      },
    ],
  },
};

describe('pod settings of a pipeline task', () => {
  it('are those of the task over those of all tasks: a field as a whole, variables by name', () => {
    expect(podSettingsOf(pipelineRun, 'fetch')).to.deep.equal({
      podTemplate: {
        nodeSelector: { disk: 'ssd' },
        securityContext: { runAsUser: 1001, fsGroup: 1001 },
        env: [
          { name: 'HTTPS_PROXY', value: 'http://special:3128' },
          { name: 'NO_PROXY', value: 'registry' },
        ],
      },
      resources: { requests: { memory: '1Gi' } },
    });
  });

  it('are those of all tasks for a task without its own', () => {
    expect(podSettingsOf(pipelineRun, 'upload').podTemplate.nodeSelector).to.deep.equal({ disk: 'hdd', zone: 'a' });
    expect(podSettingsOf({ metadata: { name: 'pr' }, spec: {} }, 'upload')).to.deep.equal({ podTemplate: {} });
  });

  it('never include a token of the API server, or volumes that nothing mounts', () => {
    const podTemplate = { automountServiceAccountToken: true, volumes: [{ name: 'v' }], schedulerName: 's' };
    const settings = podSettingsOf({ metadata: { name: 'pr' }, spec: { taskRunTemplate: { podTemplate } } }, 'fetch');
    expect(settings.podTemplate).to.deep.equal({ schedulerName: 's' });
  });
});

describe('the PipelineRun of a run', () => {
  const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'pr', uid: 'u' };
  const ownedBy = (...ownerReferences: (typeof owner & { controller?: boolean })[]) =>
    owningPipelineRun({ metadata: { name: 'r', ownerReferences } })?.name;

  it('is its controller, and nothing else that owns it', () => {
    expect(ownedBy({ ...owner, controller: true })).to.equal('pr');
    expect(ownedBy(owner)).to.equal(undefined);
    expect(ownedBy({ ...owner, controller: true, kind: 'TaskRun' })).to.equal(undefined);
    expect(ownedBy({ ...owner, controller: true, apiVersion: 'example.dev/v1' })).to.equal(undefined);
  });
});
