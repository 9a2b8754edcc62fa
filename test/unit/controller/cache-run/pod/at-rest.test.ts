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

  it('and is kept by a running sidecar only', () => {
    const sidecar = (state: object) => ({ name: 'proxy', state });
    const ended = endedContainer('').containerStatuses!;
    expect(isKeptBySidecars(helperPod({ containerStatuses: [...ended, sidecar({ running: {} })] }))).to.equal(true);
    expect(
      isKeptBySidecars(helperPod({ containerStatuses: [...ended, sidecar({ terminated: { exitCode: 0 } })] })),
    ).to.equal(false);
    expect(isKeptBySidecars(helperPod({ containerStatuses: ended }))).to.equal(false);
  });
});
