import { expect } from 'chai';

import { readConfig } from '../../../../controller/config/config.ts';
import { rewriteSettings } from '../../../../controller/resolver/rewrite-settings.ts';

describe('settings of injected steps', () => {
  const { config } = readConfig({});

  it('name a user, as for helper pods', () => {
    expect(rewriteSettings(config, {}).securityContext).to.include({ runAsUser: 0 });
    const restricted = { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
    expect(rewriteSettings(config, restricted).securityContext).to.include({ runAsUser: 65532 });
  });

  it('name none where OpenShift has users of its own for the namespace', () => {
    const openShift = { annotations: { 'openshift.io/sa.scc.uid-range': '1000680000/10000' } };
    expect(rewriteSettings(config, openShift)).not.to.have.property('securityContext');
  });
});
