import { expect } from 'chai';

import type { Completion } from '../../../../../controller/cache-run/status/completion.ts';
import {
  endedStatus,
  statusChanged,
  progressStatus,
  retryStatus,
} from '../../../../../controller/cache-run/status/status.ts';
import type { CustomRunStatus } from '../../../../../controller/tekton/custom-run.ts';
import { ago, customRun, NOW } from '../examples.ts';

const failure: Completion = {
  succeeded: false,
  reason: 'CustomRunTimedOut',
  message: 'too late',
  results: { hit: 'false' },
  retriable: true,
};
const running: CustomRunStatus = {
  observedGeneration: 1,
  startTime: ago(60),
  conditions: [
    { type: 'Succeeded', status: 'Unknown', reason: 'Running', message: 'Fetching', lastTransitionTime: ago(60) },
  ],
  extraFields: { pod: 'pod-0' },
};

describe('the status of a run', () => {
  it('begins with a start time, the pod, and what is done', () => {
    expect(progressStatus(customRun(), { verb: 'upload', pod: 'pod-0' }, NOW)).to.deep.equal({
      observedGeneration: 1,
      startTime: '2026-08-20T10:10:00Z',
      conditions: [
        {
          type: 'Succeeded',
          status: 'Unknown',
          reason: 'Running',
          message: 'Uploading',
          lastTransitionTime: '2026-08-20T10:10:00Z',
        },
      ],
      extraFields: { pod: 'pod-0' },
    });
  });

  it('tells what it waits for, and keeps its start', () => {
    const status = progressStatus(
      customRun({ status: running }),
      { verb: 'fetch', pod: 'pod-0', trouble: '0/1 nodes' },
      NOW,
    );
    expect(status.startTime).to.equal(ago(60));
    expect(status.conditions?.[0]).to.include({
      reason: 'Pending',
      message: 'Pending: 0/1 nodes',
      lastTransitionTime: ago(60),
    });
  });

  it('keeps each attempt, without the attempts before it, and starts anew', () => {
    const first = retryStatus(customRun({ status: running }), failure, NOW);
    const attempt = {
      observedGeneration: 1,
      startTime: ago(60),
      completionTime: '2026-08-20T10:10:00Z',
      conditions: [
        {
          type: 'Succeeded',
          status: 'False',
          reason: 'CustomRunTimedOut',
          message: 'too late',
          lastTransitionTime: '2026-08-20T10:10:00Z',
        },
      ],
      results: [{ name: 'hit', value: 'false' }],
    };
    expect(first.retriesStatus).to.deep.equal([attempt]);
    expect(first).to.include({ startTime: '2026-08-20T10:10:00Z' });
    expect(first).to.not.have.any.keys('completionTime', 'results');
    expect(first.conditions?.[0]).to.include({ status: 'Unknown', reason: 'Retrying', lastTransitionTime: ago(60) });

    const second = retryStatus(customRun({ status: first }), failure, NOW);
    expect(second.retriesStatus).to.have.length(2);
    for (const entry of second.retriesStatus ?? []) expect(entry).to.not.have.property('retriesStatus');
  });

  it('ends with completion time and results, as of the generation that was looked at', () => {
    const run = customRun({
      metadata: { generation: 2 },
      status: { ...running, retriesStatus: [{ startTime: ago(90) }] },
    });
    expect(endedStatus(run, { ...failure, succeeded: true, reason: 'Succeeded' }, NOW)).to.deep.equal({
      observedGeneration: 2,
      startTime: ago(60),
      completionTime: '2026-08-20T10:10:00Z',
      conditions: [
        {
          type: 'Succeeded',
          status: 'True',
          reason: 'Succeeded',
          message: 'too late',
          lastTransitionTime: '2026-08-20T10:10:00Z',
        },
      ],
      results: [{ name: 'hit', value: 'false' }],
      retriesStatus: [{ startTime: ago(90) }],
    });
  });

  it('has a start time also when it never began', () => {
    expect(endedStatus(customRun(), failure, NOW)).to.include({ startTime: '2026-08-20T10:10:00Z' });
  });

  it('is news when condition or pod differ, whatever the webhook added', () => {
    const run = customRun({ status: { ...running, extraFields: { pod: 'pod-0' }, results: null } });
    const again = progressStatus(run, { verb: 'fetch', pod: 'pod-0' }, NOW);
    expect(statusChanged(run, again)).to.equal(false);
    expect(statusChanged(run, progressStatus(run, { verb: 'fetch', pod: 'pod-1' }, NOW))).to.equal(true);
    expect(statusChanged(run, progressStatus(run, { verb: 'fetch', pod: 'pod-0', trouble: 'x' }, NOW))).to.equal(true);
    expect(statusChanged(customRun(), again)).to.equal(true);
  });
});
