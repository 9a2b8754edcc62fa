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
  /** A program of somebody else, which may not know what to do with a tree: then it is no rival, and the page says why. */
  readonly mayRefuse?: boolean;
}

/** A lane without times: its program ended with an error the first time. */
export interface Refusal {
  readonly group: string;
  readonly title: string;
  /** The last line that the program said. */
  readonly reason: string;
}

export interface GroupReport {
  readonly lanes: readonly LaneReport[];
  readonly refusals: readonly Refusal[];
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

/**
 * Runs the lanes of one group A B C A B C …, so that a drift of the machine meets all of them; the first round is not counted. A lane
 * that refuses in that round has no further ones.
 */
export const runGroup = async (
  lanes: readonly Lane[],
  rounds: number,
  report: (line: string) => void,
): Promise<GroupReport> => {
  let entries = lanes.map((lane) => ({
    lane,
    taken: [] as Sample[],
    commandLine: '',
    bytes: undefined as number | undefined,
  }));
  const refusals: Refusal[] = [];
  const before = loadOfMachine();
  for (let round = 0; round <= rounds; round++) {
    for (const entry of entries) {
      const { group, title, mayRefuse = false, prepare, verify, options } = entry.lane;
      entry.commandLine = await prepare(round);
      try {
        const sample = await measure(entry.commandLine, options);
        entry.bytes = await verify?.(sample);
        if (round > 0) entry.taken.push(sample);
      } catch (error) {
        if (!mayRefuse || round > 0) throw error;
        refusals.push({ group, title, reason: lastLine(error) });
        report(`${group}: ${title} refused`);
      }
    }
    entries = entries.filter(({ lane: { title } }) => !refusals.some((refusal) => refusal.title === title));
    report(`${lanes[0]?.group ?? ''}: round ${round} of ${rounds}`);
  }
  const load = [before, loadOfMachine()] as const;
  const reports = entries.map(({ lane, taken, commandLine, bytes }) => {
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
  return { lanes: reports, refusals };
};

const lastLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trimEnd().split('\n').at(-1) ?? '';

const loadOfMachine = (): number => loadavg()[0] ?? 0;
