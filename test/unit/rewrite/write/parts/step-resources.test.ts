import { expect } from 'chai';

import type { JsonObject } from '../../../../../shared/rewrite/json/json.ts';
import { isTask } from '../../../../../shared/rewrite/tekton/read/schema.ts';
import { resolve } from '../../../../../shared/rewrite/resolve.ts';
import { runOf, SETTINGS } from '../../../../rewrite/case.ts';

describe('the resources of our steps', () => {
  const row = {
    about: '',
    resolver: 'cache' as const,
    params: {},
    run: { kind: 'TaskRun', workspaces: [{ name: 'w', emptyDir: {} }] },
  };
  /** Of both steps, where the stepTemplate of the Task says this. */
  const beside = (ours: JsonObject, theirs: JsonObject): unknown => {
    const steps = [{ name: 'own', image: 'busybox' }];
    const task = resolve({
      resolver: 'cache',
      params: { taskref: 't', workspaces: 'w', target: 'r/x' },
      run: runOf(row),
      document: {
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 't' },
        spec: { workspaces: [{ name: 'w' }], steps, stepTemplate: { computeResources: theirs } },
      },
      settings: { ...SETTINGS, resources: ours },
    });
    const [fetch, , upload] = isTask(task) ? (task.spec.steps ?? []) : [];
    expect(upload?.['computeResources']).to.deep.equal(fetch?.['computeResources']);
    return fetch?.['computeResources'];
  };

  const rows: readonly (readonly [string, JsonObject, JsonObject, JsonObject | undefined])[] = [
    ['a limit below our request', { requests: { cpu: '100m' } }, { limits: { cpu: '0.05' } }, { cpu: '0.05' }],
    ['a limit with an exponent', { requests: { memory: '128Mi' } }, { limits: { memory: '1e6' } }, { memory: '1e6' }],
    ['a limit without a zero', { requests: { cpu: 1 } }, { limits: { cpu: '.5' } }, { cpu: '.5' }],
    ['a request of a large unit', { limits: { memory: '1Gi' } }, { requests: { memory: '1Pi' } }, { memory: '1Gi' }],
    ['a limit of another unit above it', { requests: { memory: '128Mi' } }, { limits: { memory: '1G' } }, undefined],
    ['a request above our limit', { limits: { memory: '1Gi' } }, { requests: { memory: '4Gi' } }, { memory: '1Gi' }],
    ['one that ours goes before', { requests: { cpu: 1 }, limits: { cpu: 2 } }, { limits: { cpu: '1m' } }, undefined],
    ['something that is no quantity', { requests: { cpu: '100m' } }, { limits: { cpu: 'few' } }, undefined],
    ['nothing', { requests: { cpu: '100m' } }, {}, undefined],
  ];
  for (const [what, ours, theirs, requests] of rows) {
    it(`${requests === undefined ? 'stay' : 'fit'} beside a stepTemplate with ${what}`, () => {
      expect(beside(ours, theirs)).to.deep.equal(requests === undefined ? ours : { ...ours, requests });
    });
  }
});
