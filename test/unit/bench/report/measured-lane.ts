import type { LaneReport } from '../../../bench/lanes/lane.ts';

/** A lane that ran once, with 2 MiB at its peak. */
export function measuredLane(id: string, group: string, seconds: number): LaneReport {
  return {
    id,
    group,
    title: id,
    commandLine: id,
    seconds: [seconds],
    median: seconds,
    min: seconds,
    max: seconds,
    peakKiB: 2048,
    load: [0, 0],
    day: '2026-01-01',
  };
}
