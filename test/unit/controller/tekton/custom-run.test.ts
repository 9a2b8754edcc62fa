import { expect } from 'chai';

import { attemptOf, isCancelled, isDone, isOfGroup, referenceOf } from '../../../../controller/tekton/custom-run.ts';
import type { CustomRun, CustomRunSpec } from '../../../../controller/tekton/custom-run.ts';
import { LEGACY_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import type { LegacyRun } from '../../../../controller/tekton/run-kind.ts';

const run = (spec: CustomRunSpec): CustomRun => ({ metadata: { name: 'r', namespace: 'ns', uid: 'u' }, spec });
const ours = { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' };
const group = 'cache.tekton.dev';

describe('selection of a CustomRun', () => {
  for (const [what, spec, selected] of [
    ['customRef of the group', { customRef: ours }, true],
    ['customSpec of the group', { customSpec: { ...ours, spec: {} } }, true],
    ['another version of the group', { customRef: { ...ours, apiVersion: 'cache.tekton.dev/v2' } }, true],
    ['another group', { customRef: { ...ours, apiVersion: 'wait.testing.tekton.dev/v1alpha1' } }, false],
    ['a group that only begins alike', { customRef: { ...ours, apiVersion: 'cache.tekton.dev.example/v1' } }, false],
    ['no apiVersion', { customRef: { kind: 'CacheFetch' } }, false],
    ['neither customRef nor customSpec', {}, false],
    ['both', { customRef: ours, customSpec: ours }, false],
  ] as const) {
    it(`${selected ? 'takes' : 'leaves alone'} ${what}`, () => {
      expect(isOfGroup(run(spec), group)).to.equal(selected);
    });
  }
});

describe('state of a CustomRun', () => {
  it('is done by its condition alone', () => {
    const done = { ...run({}), status: { conditions: [{ type: 'Succeeded', status: 'False' } as const] } };
    expect([isDone(done), isDone(run({})), isDone({ ...run({}), status: null })]).to.deep.equal([true, false, false]);
  });

  it('is cancelled by spec.status', () => {
    expect([isCancelled(run({ status: 'RunCancelled' })), isCancelled(run({}))]).to.deep.equal([true, false]);
  });

  it('counts attempts by retriesStatus', () => {
    expect([attemptOf(run({})), attemptOf({ ...run({}), status: { retriesStatus: [{}, {}] } })]).to.deep.equal([0, 2]);
  });
});

describe('a legacy Run', () => {
  it('reads as a CustomRun', () => {
    const legacy: LegacyRun = {
      metadata: { name: 'r', namespace: 'ns', uid: 'u' },
      spec: { ref: ours, retries: 1, podTemplate: { nodeSelector: { disk: 'ssd' } } },
    };
    const read = LEGACY_RUN_KIND.toCustomRun(legacy);
    expect(referenceOf(read)).to.deep.equal(ours);
    expect(read.spec).to.deep.equal({ customRef: ours, retries: 1, podTemplate: { nodeSelector: { disk: 'ssd' } } });
    const embedded = LEGACY_RUN_KIND.toCustomRun({ ...legacy, spec: { spec: { ...ours, spec: { target: 'x' } } } });
    expect(embedded.spec.customSpec?.spec).to.deep.equal({ target: 'x' });
  });
});
