import { expect } from 'chai';
import type { LaneReport } from '../../../bench/lanes/lane.ts';
import { costs } from '../../../bench/report/cost.ts';
import { NODE_MODULES } from '../../../bench/trees/corpora.ts';
import { overWire, WIRES } from '../../../bench/wire.ts';
import { measuredLane } from './measured-lane.ts';

const lane = (id: string, title: string, group: string, seconds: number): LaneReport => ({
  ...measuredLane(id, group, seconds),
  title,
});

describe('what a cache costs, by its size', () => {
  const [wire] = WIRES;
  if (wire === undefined) throw new Error('there is no wire');
  const fetch = `fetch ${NODE_MODULES.name}`;
  const start = { ours: 1, treeBytes: 1e8 };

  it('is a start that size does not change, and a part that grows with it', () => {
    const [own] = costs([lane(fetch, 'tekton-cache fetch', 'g', 3)], start);
    expect(own).to.deep.equal({ verb: 'fetch', wire: 'loopback', who: 'tekton-cache', seconds: [3, 21, 201] });
  });

  it('stands beside the fastest peer of the same wire', () => {
    const lanes = [
      lane(overWire(fetch, wire), 'tekton-cache fetch', 'g', 3),
      lane('slow', 'slow', 'g', 9),
      lane('fast', 'fast', 'g', 4),
      lane('other', 'tekton-cache fetch, beside', 'g', 2),
      lane('elsewhere', 'elsewhere', 'h', 1),
    ];
    expect(costs(lanes, start).map(({ wire: over, who, seconds }) => [over, who, seconds[0]])).to.deep.equal([
      [wire.name, 'tekton-cache', 3],
      [wire.name, 'fast', 4],
    ]);
  });
});
