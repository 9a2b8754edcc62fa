import type { LaneReport } from '../lanes/lane.ts';

/** A figure that the product promises itself. */
export interface Goal {
  readonly case: string;
  /** As people read it. */
  readonly goal: string;
  /** The figure when the goal was set, as people read it; nothing for what was not measured then. */
  readonly was?: string;
  /** The figure has to be at most this. */
  readonly limit: number;
  readonly unit: 'x' | 'ms' | 'MiB' | 'bytes' | 'count';
  /** Nothing when a lane that it needs was not run. */
  readonly figure: (lanes: LaneLookup) => number | undefined;
}

/** What was measured of a lane, by its id. */
export interface LaneLookup {
  readonly seconds: (id: string) => number | undefined;
  readonly bytes: (id: string) => number | undefined;
  readonly peakMiB: (id: string) => number | undefined;
  /** The shortest of the medians of all others in its group. */
  readonly fastestRival: (id: string) => number | undefined;
}

export interface GoalReport {
  readonly case: string;
  readonly goal: string;
  readonly was?: string;
  readonly limit: number;
  readonly unit: Goal['unit'];
  readonly measured: number | null;
  readonly met: boolean | null;
}

export const judge = (goals: readonly Goal[], reports: readonly LaneReport[]): GoalReport[] => {
  const lanes = lookUp(reports);
  return goals.map(({ figure, ...goal }) => {
    const measured = figure(lanes);
    return { ...goal, measured: measured ?? null, met: measured === undefined ? null : measured <= goal.limit };
  });
};

const lookUp = (reports: readonly LaneReport[]): LaneLookup => {
  const byId = new Map(reports.map((report) => [report.id, report]));
  return {
    seconds: (id) => byId.get(id)?.median,
    bytes: (id) => byId.get(id)?.bytes,
    peakMiB: (id) => {
      const peak = byId.get(id)?.peakKiB;
      return peak === undefined ? undefined : peak / 1024;
    },
    fastestRival: (id) => {
      const rivals = reports.filter((report) => report.group === byId.get(id)?.group && report.id !== id);
      return rivals.length === 0 ? undefined : Math.min(...rivals.map(({ median }) => median));
    },
  };
};

/** The ratio of two lanes' medians. */
export const ratio =
  (subject: string, baseline: string) =>
  ({ seconds }: LaneLookup): number | undefined => {
    const [a, b] = [seconds(subject), seconds(baseline)];
    return a === undefined || b === undefined ? undefined : a / b;
  };

/** The median of a lane against the best of all others in its group. */
export const againstFastest =
  (subject: string) =>
  ({ seconds, fastestRival }: LaneLookup): number | undefined => {
    const [ours, best] = [seconds(subject), fastestRival(subject)];
    return ours === undefined || best === undefined ? undefined : ours / best;
  };
