import { expect } from 'chai';
import { againstFastest, judge, ratio } from '../../../bench/report/goal.ts';
import type { Goal } from '../../../bench/report/goal.ts';
import { measuredLane } from './measured-lane.ts';

const goal = (limit: number, figure: Goal['figure']): Goal => ({ case: 'c', goal: 'g', limit, unit: 'x', figure });

describe('a goal of the benchmarks', () => {
  const lanes = [
    measuredLane('ours', 'up', 3),
    measuredLane('slow', 'up', 4),
    measuredLane('fast', 'up', 2),
    measuredLane('elsewhere', 'down', 1),
  ];
  const measured = (figure: Goal['figure']) => judge([goal(1, figure)], lanes)[0];

  it('is met up to its limit, and missed above it', () => {
    expect(judge([goal(1.5, ratio('ours', 'fast')), goal(1.4, ratio('ours', 'fast'))], lanes)).to.deep.equal([
      { case: 'c', goal: 'g', limit: 1.5, unit: 'x', measured: 1.5, met: true },
      { case: 'c', goal: 'g', limit: 1.4, unit: 'x', measured: 1.5, met: false },
    ]);
  });

  it('is neither where a lane was not run', () => {
    for (const figure of [ratio('ours', 'nobody'), ratio('nobody', 'ours'), againstFastest('nobody')]) {
      expect(measured(figure)).to.include({ measured: null, met: null });
    }
  });

  it('against every peer is against the fastest of its own group', () => {
    expect(measured(againstFastest('ours'))).to.include({ measured: 1.5, met: false });
    expect(measured(againstFastest('elsewhere'))).to.include({ measured: null });
  });

  it('of memory is in MiB', () => {
    expect(measured(({ peakMiB }) => peakMiB('ours'))).to.include({ measured: 2 });
  });
});
