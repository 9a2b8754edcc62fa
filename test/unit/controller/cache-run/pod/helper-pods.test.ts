import { expect } from 'chai';

import { HelperPods } from '../../../../../controller/cache-run/pod/helper-pods.ts';
import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { createLog } from '../../../../../shared/log.ts';
import { FakeApiServer, listOf, stream } from '../../../../support/fake-kubernetes/api-server.ts';
import { endedContainer, helperPod } from '../examples.ts';

const PODS = '/api/v1/pods';

describe('helper pods and the turns of their runs', () => {
  let api: FakeApiServer;
  beforeEach(async () => (api = await FakeApiServer.start()));
  afterEach(async () => await api.stop());

  const podOf = (run: string, status: Pod['status'], metadata: Partial<Pod['metadata']> = {}): Pod => {
    const owner = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', name: run, uid: run, controller: true };
    const name = `${run}-${metadata.uid ?? 'pod'}`;
    return helperPod(status, { name, uid: name, resourceVersion: '1', ownerReferences: [owner], ...metadata });
  };
  /** The runs that have a turn, of those that have these pods. */
  const holders = async (...pods: readonly Pod[]): Promise<readonly string[]> => {
    api.on(`GET ${PODS}`, listOf('1', ...pods)).on(`WATCH ${PODS}`, stream());
    const helpers = new HelperPods(new KubeClient(api.transport()), createLog({ silent: true }));
    const held = new Set<string>();
    helpers.onChange((owner, mayWork) => {
      if (mayWork) held.add(owner.key);
      else held.delete(owner.key);
    });
    helpers.informer.start();
    await helpers.informer.synced();
    await helpers.informer.stop();
    return [...held];
  };

  it('are held by a pod that may work, and by none of a node that is lost or of which only a sidecar is left', async () => {
    const [deletedLongAgo, running] = [{ deletionTimestamp: '2026-08-20T10:10:00Z' }, { phase: 'Running' }];
    expect(
      await holders(
        podOf('at-work', running),
        podOf('lost', running, deletedLongAgo),
        podOf('sidecar', { ...running, ...endedContainer('') }),
        podOf('over', { phase: 'Succeeded' }),
      ),
    ).to.deep.equal(['ns/at-work']);
  });

  it('stay with a run whose present attempt is at work, whatever is told of an earlier one', async () => {
    const pods = [
      podOf('run', { phase: 'Running' }, { uid: 'second' }),
      podOf('run', { phase: 'Failed' }, { uid: 'first' }),
    ];
    expect(await holders(...pods)).to.deep.equal(['ns/run']);
  });
});
