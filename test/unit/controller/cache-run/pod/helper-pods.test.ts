import { expect } from 'chai';

import { HelperPods } from '../../../../../controller/cache-run/pod/helper-pods.ts';
import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { createLog } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';
import { FakeApiServer, listOf, stream } from '../../../../support/fake-kubernetes/api-server.ts';
import { ago, endedContainer, helperPod, NOW } from '../examples.ts';

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

  it('are not held by the pod of a lost node whose time ended without an event, whatever is told of another', async () => {
    const lost = podOf('run', { phase: 'Running' }, { uid: 'lost', deletionTimestamp: ago(-30) });
    const second = podOf('run', { phase: 'Running' }, { uid: 'second' });
    const [told, events] = [[] as boolean[], Promise.withResolvers<(event: object) => void>()];
    api.on(`GET ${PODS}`, listOf('1', lost, second)).on(`WATCH ${PODS}`, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      events.resolve((event) => void response.write(`${JSON.stringify(event)}\n`));
    });
    let now = NOW;
    const helpers = new HelperPods(new KubeClient(api.transport()), createLog({ silent: true }), () => now);
    helpers.onChange((_owner, mayWork) => told.push(mayWork));
    helpers.informer.start();
    try {
      const tell = await events.promise;
      now = new Date(NOW.getTime() + 20_000);
      expect(helpers.isAtWork({ kind: 'CustomRun', key: 'ns/run' })).to.equal(true);
      now = new Date(NOW.getTime() + 3_600_000);
      tell({ type: 'DELETED', object: { ...second, metadata: { ...second.metadata, resourceVersion: '2' } } });
      await until('the word of the pod that went', 5000, () => Promise.resolve(told.length === 3));
      expect(told).to.deep.equal([true, true, false]);
      expect(helpers.isAtWork({ kind: 'CustomRun', key: 'ns/run' })).to.equal(false);
    } finally {
      await helpers.informer.stop();
    }
  });
});
