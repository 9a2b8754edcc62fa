import { expect } from 'chai';

import { decide } from '../../../../controller/cache-run/decision.ts';
import type { Decision } from '../../../../controller/cache-run/decision.ts';
import { podNameOf, UNSEEN_SECRETS } from '../../../../controller/cache-run/pod/helper-pod.ts';
import type { Pod } from '../../../../controller/kube/objects/pod.ts';
import type { CustomRun } from '../../../../controller/tekton/custom-run.ts';
import { CUSTOM_RUN_KIND, LEGACY_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import {
  ago,
  CACHE,
  config,
  customRun,
  endedContainer,
  FETCH,
  FILES,
  helperPod,
  NOW,
  report,
  SOURCE,
  TARGET,
  UPLOAD,
} from './examples.ts';

const { reasons } = CUSTOM_RUN_KIND;
const decideOn = (run: CustomRun, pod?: Pod): Decision => decide({ run, pod, config, reasons, now: NOW });
const decideOnTaken = (run: CustomRun): Decision =>
  decide({ run, pod: undefined, nameTaken: true, config, reasons, now: NOW });
const unknown = { type: 'Succeeded', status: 'Unknown' } as const;
const started = (seconds: number) => ({ startTime: ago(seconds), conditions: [unknown] });
const cancelledSpec = {
  status: 'RunCancelled',
  statusMessage: 'CustomRun cancelled as the PipelineRun it belongs to has timed out.',
};
const strict = { name: 'on-error', value: 'fail' };

/** `end reason (result) stop: message`, or what else is to be done. */
function show(decision: Decision): string {
  if (decision.do === 'wait') {
    return `wait ${decision.progress.trouble ?? ''}`.trim();
  }
  if (decision.do !== 'end') return decision.do;
  const { succeeded, reason, message, results } = decision.completion;
  return `${succeeded ? 'True' : 'False'} ${reason} (${results['reason'] ?? ''}) ${decision.stop ?? 'no stop'}: ${message}`;
}

describe('the decision about a run', () => {
  const running = helperPod({ containerStatuses: [{ name: 'cache', state: { running: {} } }] });
  const deletedRun = (params: CustomRun['spec']['params']) =>
    customRun({ spec: { params }, status: { ...started(5), extraFields: { pod: podNameOf(customRun(), 0) } } });

  const rows: readonly (readonly [string, CustomRun, Pod | undefined, string])[] = [
    ['a new run gets a pod', customRun(), undefined, 'start'],
    ['a run whose pod was made before a restart goes on with it', customRun(), running, 'wait'],
    ['a run whose status said started, but of no pod, gets one', customRun({ status: started(5) }), undefined, 'start'],
    [
      'a done run stays',
      customRun({ status: { conditions: [{ type: 'Succeeded', status: 'True' }] } }),
      undefined,
      'nothing',
    ],
    [
      'a done run stays, also when it is cancelled afterwards',
      customRun({ spec: cancelledSpec, status: { conditions: [{ type: 'Succeeded', status: 'True' }] } }),
      running,
      'nothing',
    ],
    [
      'a cancelled run stops its pod and says who cancelled',
      customRun({ spec: cancelledSpec, status: started(5) }),
      running,
      `False CustomRunCancelled (cancelled) politely: ${cancelledSpec.statusMessage}`,
    ],
    [
      'a run that is cancelled before it began never gets a pod',
      customRun({ spec: { status: 'RunCancelled' } }),
      undefined,
      'False CustomRunCancelled (cancelled) politely: The run was cancelled.',
    ],
    [
      'a cancelled run is cancelled, also with bad params',
      customRun({ spec: { ...cancelledSpec, params: [] } }),
      undefined,
      'False CustomRunCancelled (cancelled)',
    ],
    [
      'an attempt ends at its timeout',
      customRun({ spec: { timeout: '1m0s' }, status: started(60) }),
      running,
      'False CustomRunTimedOut (timeout) politely: The attempt did not end within its timeout, 1m0s.',
    ],
    [
      'but not one whose helper ended in time, however late it is seen',
      customRun({ spec: { timeout: '1m0s' }, status: started(600) }),
      helperPod(endedContainer(JSON.stringify(report), 0, { finishedAt: ago(541) })),
      'True Succeeded (exact) no stop: hit',
    ],
    [
      'and not one whose helper ended in time by a clock that is ahead',
      customRun({ spec: { timeout: '1m0s' }, status: started(30) }),
      helperPod(endedContainer(JSON.stringify(report), 0, { finishedAt: ago(-45) })),
      'True Succeeded (exact) no stop: hit',
    ],
    [
      'and one whose helper ended late',
      customRun({ spec: { timeout: '1m0s' }, status: started(600) }),
      helperPod(endedContainer(JSON.stringify(report), 0, { finishedAt: ago(540) })),
      'False CustomRunTimedOut (timeout)',
    ],
    ['and not before', customRun({ spec: { timeout: '1m0s' }, status: started(59) }), running, 'wait'],
    ['without a timeout it has an hour', customRun({ status: started(3600) }), running, 'False CustomRunTimedOut'],
    [
      'and with 0 as long as it likes',
      customRun({ spec: { timeout: '0s' }, status: started(360_000) }),
      running,
      'wait',
    ],
    ['a run without a start has not timed out', customRun({ spec: { timeout: '1s' } }), running, 'wait'],
    [
      'a report ends the run',
      customRun(),
      helperPod(endedContainer(JSON.stringify(report))),
      'True Succeeded (exact) no stop: hit',
    ],
    [
      'a failure that the user asked for ends the run',
      customRun(),
      helperPod(
        endedContainer(JSON.stringify({ ...report, failure: { code: 'Unreachable', message: 'no answer' } }), 1),
      ),
      'False Unreachable (exact) no stop: no answer',
    ],
    [
      'a pod that breaks is a result',
      customRun(),
      helperPod(endedContainer('', 3)),
      'True Succeeded (pod-failed) at-once: The helper ended with exit code 3',
    ],
    [
      'a pod that breaks is a failure for the strict',
      customRun({ spec: { params: [TARGET, FILES, strict] } }),
      helperPod(endedContainer('', 3)),
      'False PodFailed (pod-failed) at-once: The helper ended',
    ],
    [
      'a pod that was deleted is not made again',
      deletedRun([TARGET, FILES]),
      undefined,
      'True Succeeded (pod-failed) no stop: The helper pod was deleted.',
    ],
    [
      'a pod that was deleted is a failure for the strict',
      deletedRun([TARGET, FILES, strict]),
      undefined,
      'False PodFailed (pod-failed)',
    ],
    [
      'bad params need no pod',
      customRun({ spec: { params: [{ name: 'tagret', value: 'x' }] } }),
      undefined,
      'False InvalidParams (invalid-params) no stop: Param `tagret` is unknown',
    ],
    [
      'a param given twice is refused',
      customRun({ spec: { params: [TARGET, TARGET, FILES] } }),
      undefined,
      'False InvalidParams (invalid-params) no stop: Param `target` is given twice.',
    ],
    [
      'another kind of our group is refused',
      customRun({ spec: { customRef: { ...FETCH, kind: 'CacheFlush' } } }),
      undefined,
      'False InvalidParams () no stop: There is no CacheFlush in cache.tekton.dev/v1alpha1',
    ],
    [
      'another version of our group is refused',
      customRun({ spec: { customRef: { ...FETCH, apiVersion: 'cache.tekton.dev/v9' } } }),
      undefined,
      'False InvalidParams () no stop: There is no CacheFetch in cache.tekton.dev/v9',
    ],
    [
      'a reference to an object that is no preset is refused',
      customRun({ spec: { customRef: { ...FETCH, name: 'mine' } } }),
      undefined,
      'False InvalidParams (invalid-params) no stop: `preset`: there is no "mine"',
    ],
    [
      'a reference with params of its own is refused',
      customRun({ spec: { customRef: { ...FETCH, params: [{ name: 'x', value: 'y' }] } } }),
      undefined,
      'False InvalidParams (invalid-params) no stop: CacheFetch objects do not exist',
    ],
    [
      'a workspace that cannot be a cache is refused',
      customRun({ spec: { workspaces: [SOURCE, { name: 'modules', emptyDir: {} }] } }),
      undefined,
      'False CustomRunWorkspaceNotSupported (invalid-params) no stop: Workspace "modules" to be cached is bound to emptyDir',
    ],
    [
      'the annotation switches all off',
      customRun({ metadata: { annotations: { 'cache.tekton.dev/mode': 'off' } } }),
      undefined,
      'True Succeeded (disabled) no stop',
    ],
    [
      'the annotation switches an upload off',
      customRun({ spec: { customRef: UPLOAD }, metadata: { annotations: { 'cache.tekton.dev/mode': 'pull' } } }),
      undefined,
      'True Succeeded (disabled) no stop',
    ],
    [
      'a fetch that may not fetch still computes the hash',
      customRun({ metadata: { annotations: { 'cache.tekton.dev/mode': 'push' } } }),
      undefined,
      'start',
    ],
  ];
  for (const [what, run, pod, expected] of rows) {
    it(what, () => expect(show(decideOn(run, pod)).slice(0, expected.length)).to.equal(expected));
  }

  it('says what to do for basic-auth secrets, where the registry wanted credentials and nobody could look for those', () => {
    const ended = endedContainer(JSON.stringify({ ...report, results: { reason: 'unauthorized' } }));
    const unseen = helperPod(ended, { annotations: { [UNSEEN_SECRETS]: 'true' } });
    expect(show(decideOn(customRun(), unseen))).to.include('apply basic-auth.yaml of the release');
    expect(show(decideOn(customRun(), helperPod(ended)))).to.not.include('overlays');
    const found = helperPod(endedContainer(JSON.stringify(report)), { annotations: { [UNSEEN_SECRETS]: 'true' } });
    expect(show(decideOn(customRun(), found))).to.not.include('overlays');
  });

  it('ends a run whose pod cannot be made, as another has its name', () => {
    const name = podNameOf(customRun(), 0);
    const sentence = `The pod \`${name}\` has the name of the helper pod, but is not of this run. Delete it, and run the task again.`;
    expect(show(decideOnTaken(customRun()))).to.equal(`True Succeeded (pod-failed) no stop: ${sentence}`);
    expect(show(decideOnTaken(customRun({ spec: cancelledSpec })))).to.include('False CustomRunCancelled');
    const done = { conditions: [{ type: 'Succeeded', status: 'True' }] } as const;
    expect(show(decideOnTaken(customRun({ status: done })))).to.equal('nothing');
  });

  it('looks again when the attempt times out, or earlier', () => {
    expect(decideOn(customRun({ spec: { timeout: '1m0s' }, status: started(50) }), running)).to.include({
      recheckMs: 10_000,
    });
    expect(decideOn(customRun({ status: started(50) }), helperPod())).to.include({ recheckMs: 170_000 });
  });

  it('has every result in every end, also for each cache', () => {
    const workspaces = [SOURCE, CACHE, { ...CACHE, name: 'builds' }];
    const decision = decideOn(customRun({ spec: { status: 'RunCancelled', workspaces } }));
    expect(decision.do === 'end' && decision.completion.results).to.deep.equal({
      hit: 'false',
      fetched: 'false',
      match: 'miss',
      hash: '',
      target: '',
      digest: '',
      size: '0',
      reason: 'cancelled',
      'modules-hit': 'false',
      'modules-match': 'miss',
      'modules-digest': '',
      'modules-reason': 'cancelled',
      'builds-hit': 'false',
      'builds-match': 'miss',
      'builds-digest': '',
      'builds-reason': 'cancelled',
    });
  });

  it('uses the words that Tekton knows for legacy Runs', () => {
    const run = customRun({ spec: { status: 'RunCancelled' } });
    const decision = decide({ run, pod: undefined, config, reasons: LEGACY_RUN_KIND.reasons, now: NOW });
    expect(show(decision)).to.contain('False RunCancelled');
  });

  for (const field of ['params', 'workspaces'] as const) {
    for (const wrong of [[{}], [null], ['a'], [{ name: 7 }], { name: 'a' }, 'a', 7]) {
      it(`ends a run whose ${field} an API server has let through as ${JSON.stringify(wrong)}, also when it was cancelled`, () => {
        const run = customRun({ spec: { params: [FILES, TARGET] } });
        Reflect.set(run.spec, field, wrong);
        expect(show(decideOn(run))).to.contain(`The ${field} of the run are no list of objects with a \`name\`.`);
        Reflect.set(run.spec, 'status', 'RunCancelled');
        expect(show(decideOn(run))).to.match(/^False \w+ \(cancelled\) politely/);
      });
    }
  }

  for (const [what, given] of [
    ['that gets a pod', []],
    ['whose params are refused', [{ name: 'nonsense', value: 'x' }]],
  ] as const) {
    it(`reads the params of a run ${what} once`, () => {
      let reads = 0;
      const run = customRun({ spec: { params: [FILES, TARGET, ...given] } });
      const { params } = run.spec;
      Object.defineProperty(run.spec, 'params', { get: () => (reads++, params) });
      decideOn(run);
      expect(reads).to.equal(1);
    });
  }
});
