import { loadavg } from 'node:os';
import { measure } from './measure.ts';
import { median } from './spread.ts';
import type { MeasureOptions, Sample } from './measure.ts';

/** One contender in one case: a command line that is run again and again, in turn with its rivals. */
export interface Lane {
  readonly id: string;
  /** Lanes of one group are interleaved. */
  readonly group: string;
  readonly title: string;
  /** Makes the state that every run starts from; not timed. Returns the command line. */
  readonly prepare: (round: number) => Promise<string>;
  /** Throws when what the run made is wrong; not timed. Returns the bytes that were sent or received, where known. */
  readonly verify?: (sample: Sample) => Promise<number | undefined>;
  readonly options?: MeasureOptions;
}

export interface LaneReport {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly commandLine: string;
  readonly seconds: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly peakKiB: number;
  /** Processes that wanted a processor in the last minute, when the group began and when it ended: more than there are, and times are noisy. */
  readonly load?: readonly [number, number];
  /** The day, as ISO 8601 writes it. */
  readonly day: string;
  /** Bytes over the wire in the last run. */
  readonly bytes?: number;
}

/** Runs the lanes of one group A B C A B C …, so that a drift of the machine meets all of them; the first round is not counted. */
export const runGroup = async (
  lanes: readonly Lane[],
  rounds: number,
  report: (line: string) => void,
): Promise<LaneReport[]> => {
  const samples = lanes.map((lane) => ({
    lane,
    taken: [] as Sample[],
    commandLine: '',
    bytes: undefined as number | undefined,
  }));
  const before = loadOfMachine();
  for (let round = 0; round <= rounds; round++) {
    for (const entry of samples) {
      entry.commandLine = await entry.lane.prepare(round);
      const sample = await measure(entry.commandLine, entry.lane.options);
      entry.bytes = await entry.lane.verify?.(sample);
      if (round > 0) entry.taken.push(sample);
    }
    report(`${lanes[0]?.group ?? ''}: round ${round} of ${rounds}`);
  }
  const load = [before, loadOfMachine()] as const;
  return samples.map(({ lane, taken, commandLine, bytes }) => {
    const seconds = taken.map((sample) => sample.seconds);
    return {
      id: lane.id,
      group: lane.group,
      title: lane.title,
      commandLine,
      seconds,
      median: median(seconds),
      min: Math.min(...seconds),
      max: Math.max(...seconds),
      peakKiB: Math.max(...taken.map((sample) => sample.peakKiB)),
      load,
      day: new Date().toISOString().slice(0, 10),
      ...(bytes === undefined ? {} : { bytes }),
    };
  });
};

const loadOfMachine = (): number => loadavg()[0] ?? 0;
