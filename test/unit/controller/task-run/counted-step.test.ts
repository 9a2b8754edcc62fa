import { expect } from 'chai';

import { countedSteps } from '../../../../controller/task-run/counted-step.ts';
import type { StepState } from '../../../../controller/tekton/task-run.ts';
import { REASONS } from '../../../../shared/interface/results/results.ts';
import { doneWith, stepState, taskRun } from './examples.ts';

const counted = (...steps: StepState[]) => countedSteps(taskRun('a', '1', doneWith(steps)));

describe('what the cache steps of a TaskRun count as', () => {
  it('is their reason, its outcome and their seconds', () => {
    expect(
      counted(stepState('cache-fetch', 'exact'), stepState('build'), stepState('cache-upload', 'pushed')),
    ).to.deep.equal([
      { resolver: 'cache', verb: 'fetch', outcome: 'hit', reason: 'exact', seconds: 7 },
      { resolver: 'cache', verb: 'upload', outcome: 'uploaded', reason: 'pushed', seconds: 7 },
    ]);
  });

  it('is the same as of a CustomRun for each reason', () => {
    const outcomes = (name: string) =>
      Object.keys(REASONS).map((reason) => [reason, counted(stepState(name, reason))[0]?.outcome]);
    const fetches = { exact: 'hit', fallback: 'fallback' };
    expect(Object.fromEntries(outcomes('cache-fetch'))).to.deep.equal({
      ...Object.fromEntries(Object.keys(REASONS).map((reason) => [reason, 'miss'])),
      ...fetches,
    });
    expect(Object.fromEntries(outcomes('cache-upload'))).to.deep.equal({
      ...Object.fromEntries(Object.keys(REASONS).map((reason) => [reason, 'not-uploaded'])),
      pushed: 'uploaded',
    });
  });

  it('is, of fetches that look again for the sources, that of the last one that ran', () => {
    const skipped = { name: 'cache-fetch-3', terminated: {} };
    expect(
      counted(stepState('cache-fetch', 'no-files'), stepState('cache-fetch-2', 'exact'), skipped).map(
        ({ reason }) => reason,
      ),
    ).to.deep.equal(['exact']);
  });

  it('is nothing for steps of the Task itself, and for those that never ran or said nothing', () => {
    for (const name of ['build', 'cache-fetch-tools', 'my-cache-fetch', 'cache-fetch-', 'cache-uploads']) {
      expect(counted(stepState(name, 'exact')), name).to.deep.equal([]);
    }
    expect(counted(stepState('cache-fetch'), stepState('cache-upload', ''), {})).to.deep.equal([]);
    expect(countedSteps(taskRun('a', '1', null))).to.deep.equal([]);
  });

  it('is in words of closed lists, and in finite numbers, whatever the TaskRun says', () => {
    const odd = { ...taskRun('a', '1'), status: doneWith([stepState('cache-fetch', 'ns/run-5f7')]) };
    const labels = { 'cache.tekton.dev/steps': 'somebody' };
    expect(countedSteps({ ...odd, metadata: { ...odd.metadata, labels } })[0]).to.include({
      resolver: 'none',
      reason: 'other',
    });
    expect(counted(stepState('cache-fetch', 'constructor'))[0]?.reason).to.equal('other');
    for (const terminated of [
      { startedAt: 'some day', finishedAt: null },
      { startedAt: '2026-01-01T00:00:07Z', finishedAt: '2026-01-01T00:00:00Z' },
      { startedAt: '0001-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z' },
    ]) {
      expect(counted({ ...stepState('cache-fetch', 'exact'), terminated })[0]).to.not.have.property('seconds');
    }
  });
});
