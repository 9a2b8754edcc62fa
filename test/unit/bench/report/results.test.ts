import { expect } from 'chai';
import type { LaneReport } from '../../../bench/lanes/lane.ts';
import { mergeResults } from '../../../bench/report/results.ts';
import type { Results } from '../../../bench/report/results.ts';

const lane = (id: string, group: string, median: number): LaneReport => ({
  id,
  group,
  title: id,
  commandLine: id,
  seconds: [median],
  median,
  min: median,
  max: median,
  peakKiB: 0,
  load: [0, 0],
  day: '2026-01-01',
});

const results = (lanes: readonly LaneReport[], rest: Partial<Results> = {}): Results => ({
  machines: {},
  findings: {},
  lanes,
  growth: [],
  notes: [],
  ...rest,
});

describe('results of a part of the benchmarks', () => {
  it('take the place of whole groups, never of single lanes: what is compared was run together', () => {
    const earlier = results([lane('a', 'up', 1), lane('b', 'up', 2), lane('c', 'down', 3)]);
    const now = results([lane('a', 'up', 9)]);
    expect(mergeResults(earlier, now).lanes.map(({ id, median }) => [id, median])).to.deep.equal([
      ['a', 9],
      ['c', 3],
    ]);
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
