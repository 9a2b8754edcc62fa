import { expect } from 'chai';
import type { LaneReport } from '../../../bench/lanes/lane.ts';
import { mergeResults } from '../../../bench/report/results.ts';
import type { Results } from '../../../bench/report/results.ts';
import { measuredLane } from './measured-lane.ts';

const results = (lanes: readonly LaneReport[], rest: Partial<Results> = {}): Results => ({
  machines: {},
  findings: {},
  lanes,
  refusals: [],
  growth: [],
  notes: [],
  ...rest,
});

describe('results of a part of the benchmarks', () => {
  it('take the place of whole groups, never of single lanes: what is compared was run together', () => {
    const earlier = results([measuredLane('a', 'up', 1), measuredLane('b', 'up', 2), measuredLane('c', 'down', 3)]);
    const now = results([measuredLane('a', 'up', 9)]);
    expect(mergeResults(earlier, now).lanes.map(({ id, median }) => [id, median])).to.deep.equal([
      ['a', 9],
      ['c', 3],
    ]);
  });

  it('take the place of refusals in the same way', () => {
    const refusal = (group: string) => ({ group, title: 'a', reason: 'no links' });
    const earlier = results([], { refusals: [refusal('up'), refusal('down')] });
    const now = results([measuredLane('a', 'up', 9)]);
    expect(mergeResults(earlier, now).refusals).to.deep.equal([refusal('down')]);
  });

  it('keep what was found besides', () => {
    const growth = [{ files: 1, processors: '0', upload: 1, fetch: 1, unchanged: 1, peak: 1 }];
    const start = { firstByte: 2, emptyProcess: 1 };
    const earlier = results([], { growth, findings: { start } });
    const now = results([], { findings: { opened: { upload: 0, fetch: 0 } } });
    const merged = mergeResults(earlier, now);
    expect(merged.growth).to.equal(growth);
    expect(merged.findings).to.deep.equal({ start, opened: { upload: 0, fetch: 0 } });
  });
});
