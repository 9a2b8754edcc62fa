import { expect } from 'chai';

import { allowsRoot, defaultIdentityIn, identityOf } from '../../../controller/identity.ts';
import type { IdentitySources } from '../../../controller/identity.ts';

const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'];

describe('identity of a helper', () => {
  const show = (sources: Partial<IdentitySources>): string => {
    const { pod, container } = identityOf({ fallback: 'auto', rootAllowed: true, ...sources });
    const ids = `${pod.runAsUser ?? '-'}:${pod.runAsGroup ?? '-'}:${pod.fsGroup ?? '-'}`;
    return `${ids} ${pod.runAsNonRoot === true ? 'nonroot' : 'root'}${container.capabilities?.add ? ' +caps' : ''}`;
  };
  const rows: readonly (readonly [string, Partial<IdentitySources>, string])[] = [
    ['is root, as steps are, when nobody says otherwise', {}, '0:0:- root +caps'],
    ['is 65532 where root is not allowed', { rootAllowed: false }, '65532:-:65532 nonroot'],
    ['is 65532 where the podTemplate forbids root', { template: { runAsNonRoot: true } }, '65532:-:65532 nonroot'],
    [
      'is that of the podTemplate',
      { template: { runAsUser: 1001, runAsGroup: 5, fsGroup: 1001 } },
      '1001:5:1001 nonroot',
    ],
    ['is that of the podTemplate without fsGroup', { template: { runAsUser: 1001 } }, '1001:-:- nonroot'],
    ['is root with the fsGroup of the podTemplate', { template: { fsGroup: 1001 } }, '0:0:1001 root +caps'],
    [
      'is 65532 with the fsGroup of the podTemplate where root is not allowed',
      { template: { fsGroup: 1001 }, rootAllowed: false },
      '65532:-:1001 nonroot',
    ],
    [
      'is that of run-as before the podTemplate',
      { runAs: { uid: 7 }, template: { runAsUser: 1001, runAsGroup: 5, fsGroup: 9 } },
      '7:-:9 nonroot',
    ],
    [
      'is all that run-as says',
      { runAs: { uid: 7, gid: 8, fsGroup: 10 }, template: { runAsUser: 1, fsGroup: 9 } },
      '7:8:10 nonroot',
    ],
    ['is root when run-as says so', { runAs: { uid: 0 }, rootAllowed: false }, '0:-:- root +caps'],
    ['is that of the configuration last', { fallback: { uid: 3, gid: 4, fsGroup: 5 } }, '3:4:5 nonroot'],
    ['is the choice of the cluster when the configuration leaves it', { fallback: 'platform' }, '-:-:- nonroot'],
  ];
  for (const [what, sources, expected] of rows) it(what, () => expect(show(sources)).to.equal(expected));

  it('fits PodSecurity restricted, and baseline with root', () => {
    const restricted = identityOf({ fallback: 'auto', rootAllowed: false });
    expect(restricted).to.deep.equal({
      pod: { seccompProfile: { type: 'RuntimeDefault' }, runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532 },
      container: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    const root = identityOf({ fallback: 'auto', rootAllowed: true });
    expect(root.container.capabilities).to.deep.equal({ drop: ['ALL'], add: CAPABILITIES });
  });

  it('keeps what else the podTemplate says', () => {
    const template = {
      supplementalGroups: [7],
      seLinuxOptions: { level: 's0' },
      fsGroupChangePolicy: 'OnRootMismatch',
    };
    expect(identityOf({ fallback: 'auto', rootAllowed: true, template }).pod).to.include(template);
  });

  for (const [level, allowed] of [
    ['privileged', true],
    ['baseline', true],
    ['restricted', false],
  ] as const) {
    it(`${allowed ? 'may' : 'may not'} be root under ${level}`, () => {
      expect(allowsRoot({ 'pod-security.kubernetes.io/enforce': level })).to.equal(allowed);
    });
  }

  it('is the choice of the cluster in a namespace that OpenShift gave users, unless the configuration says who', () => {
    const openShift = { annotations: { 'openshift.io/sa.scc.uid-range': '1000680000/10000' } };
    expect(defaultIdentityIn(openShift, 'auto')).to.equal('platform');
    expect(defaultIdentityIn(openShift, { uid: 7 })).to.deep.equal({ uid: 7 });
    expect([defaultIdentityIn({}, 'auto'), defaultIdentityIn(undefined, 'auto')]).to.deep.equal(['auto', 'auto']);
  });

  it('may be root in a namespace without labels', () => {
    expect([allowsRoot(undefined), allowsRoot({})]).to.deep.equal([true, true]);
  });
});
