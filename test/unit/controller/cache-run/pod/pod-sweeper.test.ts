import { expect } from 'chai';

import { GRACE_S } from '../../../../../controller/cache-run/pod/helper-pod.ts';
import { HelperPods } from '../../../../../controller/cache-run/pod/helper-pods.ts';
import { keptPod } from '../../../../../controller/cache-run/pod/kept-pod.ts';
import { isKept, PodSweeper } from '../../../../../controller/cache-run/pod/pod-sweeper.ts';
import type { KeepPolicy } from '../../../../../controller/cache-run/pod/pod-sweeper.ts';
import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { createLog } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';
import { answer, FakeApiServer, listOf, refuse, stream } from '../../../../support/fake-kubernetes/api-server.ts';
import type { Answer } from '../../../../support/fake-kubernetes/api-server.ts';
import { ago, endedContainer, helperPod, NOW } from '../examples.ts';

const HOUR = 3_600_000;
const finished = (phase: string, secondsAgo: number) =>
  keptPod(helperPod({ ...endedContainer('', 0, { finishedAt: ago(secondsAgo) }), phase }));

describe('a finished helper pod', () => {
  const rows: readonly (readonly [KeepPolicy['keepPods'], string, number, boolean])[] = [
    ['all', 'Succeeded', 60, true],
    ['all', 'Failed', 60, true],
    ['all', 'Succeeded', 3600, false],
    ['failed', 'Succeeded', 1, false],
    ['failed', 'Failed', 60, true],
    ['failed', 'Failed', 3600, false],
    ['none', 'Failed', 1, false],
  ];
  for (const [keepPods, phase, secondsAgo, expected] of rows) {
    it(`of the phase ${phase} ${expected ? 'stays' : 'goes'} after ${secondsAgo} s where ${keepPods} are kept for an hour`, () => {
      expect(isKept(finished(phase, secondsAgo), { keepPods, keepPodsForMs: HOUR }, NOW)).to.equal(expected);
    });
  }

  it('stays as long as it works, and is kept in memory as name, phase and end afterwards', () => {
    expect(isKept(helperPod({ phase: 'Running' }), { keepPods: 'none', keepPodsForMs: 1 }, NOW)).to.equal(true);
    const whole = helperPod({ phase: 'Running' });
    expect(keptPod(whole)).to.equal(whole);
    expect(JSON.stringify(finished('Failed', 5)).length).to.be.lessThan(300);
  });

  describe('whose run is over', () => {
    let api: FakeApiServer;
    beforeEach(async () => (api = await FakeApiServer.start()));
    afterEach(async () => await api.stop());

    const placeOf = (run: string) => {
      const [name = '', namespace = 'ns'] = run.split('/').toReversed();
      return { name, namespace };
    };
    const podOf = (run: string, pod: Pod = finished('Succeeded', 5)): Pod => {
      const { name, namespace } = placeOf(run);
      return {
        ...pod,
        metadata: {
          ...pod.metadata,
          namespace,
          name: `${name}-pod`,
          uid: name,
          ownerReferences: [{ apiVersion: 'v1', kind: 'CustomRun', name, uid: name, controller: true }],
        },
      };
    };
    const withSidecar = (run: string, ours: Pod['status']): Pod => {
      const containers = [...(ours?.containerStatuses ?? []), { name: 'proxy', state: { running: {} } }];
      return podOf(run, helperPod({ phase: 'Running', containerStatuses: containers }));
    };
    const pathOf = (run: string) => `/api/v1/namespaces/${placeOf(run).namespace}/pods/${placeOf(run).name}-pod`;
    /** The pods that were asked to go in two sweeps or more, where the server answers thus about the first. */
    const asked = async (
      answerOfFirst: Answer,
      runs: readonly string[],
      of: (run: string) => Pod = podOf,
    ): Promise<readonly string[]> => {
      const [client, log] = [new KubeClient(api.transport()), createLog({ silent: true })];
      api.on('GET /api/v1/pods', listOf('7', ...runs.map((run) => of(run)))).on('WATCH /api/v1/pods', stream());
      for (const [at, run] of runs.entries()) api.on(`DELETE ${pathOf(run)}`, at === 0 ? answerOfFirst : answer({}));
      const pods = new HelperPods(client, log);
      pods.informer.start();
      await pods.informer.synced();
      const sweeper = new PodSweeper({
        pods,
        policy: () => ({ keepPods: 'none', keepPodsForMs: HOUR }),
        isOver: ({ key }) => key !== 'ns/active',
        log,
        everyMs: 5,
      });
      sweeper.start();
      const deleted = () => api.received.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
      try {
        await until('two sweeps', 5000, async () => deleted().length >= 4);
      } finally {
        await Promise.all([sweeper.stop(), pods.informer.stop()]);
      }
      return [...new Set(deleted())];
    };

    it('goes, and not before its report was read, though a webhook lets nobody delete another', async () => {
      const paths = await asked(refuse(403, 'Forbidden'), ['locked', 'over', 'active']);
      expect(paths).to.deep.equal([pathOf('locked'), pathOf('over')]);
    });

    it('goes though no pod of another namespace can: a webhook that is down is asked once for its namespace', async () => {
      const paths = await asked(refuse(500, 'InternalError'), ['first', 'second', 'elsewhere/third']);
      expect(paths).to.deep.equal([pathOf('first'), pathOf('elsewhere/third')]);
    });

    it('goes also where a sidecar keeps it that began when the run was over, and has time to stop', async () => {
      const running = { containerStatuses: [{ name: 'cache', state: { running: {} } }] };
      const of = (run: string) => withSidecar(run, run === 'working' ? running : endedContainer(''));
      const paths = await asked(answer({}), ['over', 'active', 'working'], of);
      expect(paths).to.deep.equal([pathOf('over')]);
      const bodies = api.received.filter(({ method }) => method === 'DELETE').map(({ body }) => body);
      expect(bodies[0]).to.include({ gracePeriodSeconds: GRACE_S });
    });

    for (const status of [429, 503]) {
      it(`waits for the next sweep where the server answers ${status}: it gets one request a sweep`, async () => {
        expect(await asked(refuse(status, 'Busy'), ['first', 'second'])).to.deep.equal([pathOf('first')]);
      });
    }
  });
});
