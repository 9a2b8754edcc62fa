import { expect } from 'chai';

import { readOutcome } from '../../../../../controller/cache-run/outcome/outcome.ts';
import type { Outcome } from '../../../../../controller/cache-run/outcome/outcome.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { ago, config, endedContainer, helperPod, NOW, report } from '../examples.ts';

const SUBJECT = { verb: 'fetch', caches: ['modules'] } as const;
const REPORT = JSON.stringify(report);
const waiting = (reason: string, message = ''): NonNullable<Pod['status']> => ({
  containerStatuses: [{ name: 'cache', state: { waiting: { reason, message } } }],
});
const initializing = (state: object): NonNullable<Pod['status']> => ({
  ...waiting('PodInitializing'),
  initContainerStatuses: [
    { name: 'mesh', state: { terminated: { exitCode: 0 } } },
    { name: 'agent', state },
  ],
});
const running = { name: 'cache', state: { running: {} } };
const unscheduled = (age: number, message = '0/1 nodes are available'): Pod => ({
  ...helperPod(
    { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
    { creationTimestamp: ago(age) },
  ),
  spec: { containers: [] },
});
const scheduled = (age: number, status: NonNullable<Pod['status']> = {}): Pod =>
  helperPod({ conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(age) }], ...status });

const outcome = (pod: Pod): Outcome => readOutcome(pod, SUBJECT, config, NOW);
const show = (pod: Pod): string => {
  const read = outcome(pod);
  if (read.phase === 'ended') return `ended ${read.report.results['reason']}`;
  if (read.phase === 'broken') return `broken: ${read.message}`;
  if (read.phase === 'pending') return `pending${read.trouble === undefined ? '' : `: ${read.trouble}`}`;
  return read.phase;
};

describe('outcome of a helper pod', () => {
  const rows: readonly (readonly [string, Pod, string])[] = [
    ['a new pod waits', helperPod({ conditions: [] }), 'pending'],
    ['a pod without a node says nothing for a moment', unscheduled(1), 'pending'],
    ['a pod without a node says why', unscheduled(5), 'pending: 0/1 nodes are available'],
    [
      'a pod without a node ends at the scheduling deadline',
      unscheduled(300),
      'broken: The helper pod found no node within 300 s: 0/1 nodes',
    ],
    ['a container being created waits', scheduled(5, waiting('ContainerCreating')), 'pending'],
    [
      'a failing pull says so',
      scheduled(5, waiting('ImagePullBackOff', 'not found')),
      'pending: ImagePullBackOff: not found',
    ],
    [
      'a failing pull ends at the start deadline',
      scheduled(180, waiting('ErrImagePull', 'no')),
      'broken: The helper pod did not start within 180 s: ErrImagePull: no',
    ],
    [
      'volumes that do not come end at the start deadline',
      scheduled(181),
      'broken: The helper pod did not start within 180 s: no container yet',
    ],
    [
      'an init container of somebody else that cannot start says so',
      scheduled(5, initializing({ waiting: { reason: 'ImagePullBackOff', message: 'not found' } })),
      'pending: init container `agent`: ImagePullBackOff: not found',
    ],
    [
      'a sidecar among them that ends again and again says so',
      scheduled(5, initializing({ waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } })),
      'pending: init container `agent`: CrashLoopBackOff: back-off',
    ],
    ['one that is at work does not', scheduled(5, initializing({ running: {} })), 'pending'],
    [
      'one that is at work is named at the start deadline',
      scheduled(180, initializing({ running: {} })),
      'broken: The helper pod did not start within 180 s: init container `agent` is still at work',
    ],
    [
      'a sidecar among them that has started is not',
      scheduled(180, {
        ...waiting('ImagePullBackOff', 'no'),
        initContainerStatuses: [{ name: 'mesh', started: true, state: { running: {} } }],
      }),
      'broken: The helper pod did not start within 180 s: ImagePullBackOff: no',
    ],
    [
      'one that failed is named when the pod has ended',
      helperPod({ ...initializing({ terminated: { exitCode: 3 } }), phase: 'Failed' }),
      'broken: The helper pod ended: Failed, init container `agent` ended with exit code 3.',
    ],
    [
      'an impossible image ends at once',
      scheduled(1, waiting('InvalidImageName', 'x')),
      'broken: The helper pod cannot start: InvalidImageName: x',
    ],
    [
      'an impossible configuration ends at once',
      scheduled(1, waiting('CreateContainerConfigError', 'runAsNonRoot')),
      'broken: The helper pod cannot start: CreateContainerConfigError: runAsNonRoot',
    ],
    ['a running container runs', helperPod({ phase: 'Running', containerStatuses: [running] }), 'running'],
    ['a report ends it', helperPod(endedContainer(REPORT)), 'ended exact'],
    ['a report of a failure the user asked for ends it', helperPod(endedContainer(REPORT, 1)), 'ended exact'],
    [
      'a report ends it although a sidecar keeps the pod running',
      helperPod({
        phase: 'Running',
        containerStatuses: [
          ...endedContainer(REPORT).containerStatuses!,
          { name: 'istio-proxy', state: { running: {} } },
        ],
      }),
      'ended exact',
    ],
    [
      'a sidecar alone is no sign of us',
      helperPod({ containerStatuses: [{ name: 'istio-proxy', state: { running: {} } }] }),
      'pending',
    ],
    [
      'a process that ran out of memory names limit and remedy',
      helperPod(endedContainer(REPORT, 137, { reason: 'OOMKilled' })),
      'broken: The helper needed more memory than its limit (1Gi) and was killed: raise `resources`',
    ],
    [
      'a limit that is too low for the runtime itself is named as well',
      helperPod(
        endedContainer('runc create failed: container init was OOM-killed (memory limit too low?)', 128, {
          reason: 'StartError',
        }),
      ),
      'broken: The helper needed more memory than its limit (1Gi) and was killed: raise `resources`',
    ],
    [
      'a first report does not count when the process was killed',
      helperPod(endedContainer(REPORT, 137)),
      'broken: The helper ended with exit code 137 and no report.',
    ],
    [
      'a process without a report shows its last line',
      helperPod(endedContainer('at x.js\nError: broken\n', 1)),
      'broken: The helper ended with exit code 1 and no report: Error: broken.',
    ],
    [
      'a report of another shape is none',
      helperPod(endedContainer('{"version":2}', 0)),
      'broken: The helper ended with exit code 0',
    ],
    [
      'a report that cannot be one is told, and not believed',
      helperPod(endedContainer('{"version":1,"results":null,"message":""}', 0)),
      'broken: The helper ended with exit code 0, and its report is none: `results` is no object.',
    ],
    [
      'an evicted pod says why',
      helperPod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' }),
      'broken: The helper pod ended: Evicted, The node was low on memory.',
    ],
    [
      'an evicted pod says why, also when its container was killed',
      helperPod({ ...endedContainer('', 137), phase: 'Failed', reason: 'Evicted', message: 'low' }),
      'broken: The helper pod ended: Evicted, low.',
    ],
    [
      'a pod that is deleted from outside may still report',
      helperPod(endedContainer(REPORT), { deletionTimestamp: ago(0) }),
      'ended exact',
    ],
    [
      'a helper stopped by a deletion from outside did not end by itself',
      helperPod(
        {
          ...endedContainer(JSON.stringify({ ...report, results: { reason: 'cancelled' } })),
          conditions: [
            { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'preempted' },
          ],
        },
        { deletionTimestamp: ago(0) },
      ),
      'broken: The helper pod was deleted while it worked (PreemptionByScheduler, preempted).',
    ],
    [
      'a pod being deleted is waited for',
      helperPod({ containerStatuses: [running] }, { deletionTimestamp: ago(5) }),
      'running',
    ],
    [
      'a deleted pod on a dead node is not waited for',
      helperPod({ containerStatuses: [running] }, { deletionTimestamp: ago(11) }),
      'broken: The helper pod was deleted, and its node does not answer',
    ],
  ];
  for (const [what, pod, expected] of rows) {
    it(what, () => expect(show(pod).slice(0, expected.length)).to.equal(expected));
  }

  it('is looked at again exactly at the next deadline', () => {
    expect(outcome(unscheduled(1))).to.include({ recheckMs: 2000 });
    expect(outcome(unscheduled(100))).to.include({ recheckMs: 200_000 });
    expect(outcome(scheduled(100))).to.include({ recheckMs: 80_000 });
  });
});
