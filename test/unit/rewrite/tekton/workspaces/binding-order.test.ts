import { expect } from 'chai';
import { inRunOrder, missingAssistant } from '../../../../../shared/rewrite/tekton/workspaces/binding-order.ts';
import { runOf } from '../../../../rewrite/case.ts';

const RUN = runOf({
  about: '',
  resolver: 'cache',
  params: {},
  run: {
    workspaces: [
      { name: 'a', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'b', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'own', volumeClaimTemplate: {} },
      { name: 'last', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'other', persistentVolumeClaim: { claimName: 'd' } },
      { name: 'scratch', emptyDir: {} },
    ],
  },
});

describe('the workspaces that a task of ours binds', () => {
  it('are in the order of the run', () => {
    const bindings = ['scratch', 'last', 'a'].map((workspace) => ({ workspace }));
    expect(inRunOrder(bindings, RUN).map(({ workspace }) => workspace)).to.deep.equal(['a', 'last', 'scratch']);
  });

  it('have the last one of their claim among them, which has the affinity assistant', () => {
    expect(missingAssistant(['b', 'a', 'scratch'], RUN)).to.equal('last');
    expect(missingAssistant(['a', 'last'], RUN)).to.equal(undefined);
    expect(missingAssistant(['a', 'other'], RUN)).to.equal(undefined);
    expect(missingAssistant(['a', 'own'], RUN)).to.equal(undefined);
    expect(missingAssistant(['scratch'], RUN)).to.equal(undefined);
  });
});
