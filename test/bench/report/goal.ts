import type { LaneReport } from '../lanes/lane.ts';

/** A figure that the product promises itself. */
export interface Goal {
  readonly case: string;
  /** As people read it. */
  readonly goal: string;
  /** The figure has to be at most this. */
  readonly limit: number;
  readonly unit: 'x' | 'ms' | 'bytes' | 'count';
  /** Nothing when a lane that it needs was not run. */
  readonly figure: (lanes: LaneLookup) => number | undefined;
}

export interface LaneLookup {
  readonly seconds: (id: string) => number | undefined;
  readonly bytes: (id: string) => number | undefined;
}

export interface GoalReport {
  readonly case: string;
  readonly goal: string;
  readonly limit: number;
  readonly unit: Goal['unit'];
  readonly measured: number | null;
  readonly met: boolean | null;
}

export const judge = (goals: readonly Goal[], reports: readonly LaneReport[]): GoalReport[] => {
  const byId = new Map(reports.map((report) => [report.id, report]));
  const lanes = { seconds: (id: string) => byId.get(id)?.median, bytes: (id: string) => byId.get(id)?.bytes };
  return goals.map(({ figure, ...goal }) => {
    const measured = figure(lanes);
    return { ...goal, measured: measured ?? null, met: measured === undefined ? null : measured <= goal.limit };
  });
};

/** The ratio of two lanes' medians. */
export const ratio =
  (subject: string, baseline: string) =>
  ({ seconds }: LaneLookup): number | undefined => {
    const [a, b] = [seconds(subject), seconds(baseline)];
    return a === undefined || b === undefined ? undefined : a / b;
  };
