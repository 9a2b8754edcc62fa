import { expect } from 'chai';

import { isAtRest, isKeptBySidecars } from '../../../../../controller/cache-run/pod/at-rest.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { ago, endedContainer, helperPod, NOW } from '../examples.ts';

describe('a helper pod is at rest', () => {
  const rows: readonly (readonly [string, Pod, boolean])[] = [
    ['when our container has ended', helperPod(endedContainer('')), true],
    ['when the pod has failed', helperPod({ phase: 'Failed' }), true],
    ['not while it waits', helperPod(), false],
    ['not while it is being deleted', helperPod({}, { deletionTimestamp: ago(1) }), false],
    ['when its node does not answer for long', helperPod({}, { deletionTimestamp: ago(60) }), true],
  ];
  for (const [what, pod, expected] of rows) it(what, () => expect(isAtRest(pod, NOW)).to.equal(expected));

  it('and is kept by a sidecar that runs, or has yet to start', () => {
    const sidecar = (state: object) => ({ name: 'proxy', state });
    const ended = endedContainer('').containerStatuses!;
    const isKept = (state: object, more: Pod['status'] = {}): boolean =>
      isKeptBySidecars(helperPod({ containerStatuses: [...ended, sidecar(state)], ...more }));
    expect(isKept({ running: {} })).to.equal(true);
    expect(isKept({ waiting: { reason: 'ImagePullBackOff' } })).to.equal(true);
    expect(isKept({ terminated: { exitCode: 0 } })).to.equal(false);
    expect(isKept({ waiting: {} }, { phase: 'Failed' }), 'a pod that was evicted').to.equal(false);
    expect(isKeptBySidecars(helperPod({ containerStatuses: ended }))).to.equal(false);
  });
});
