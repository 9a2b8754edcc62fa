import type { Growth } from '../cases/growth.ts';
import { NODE_MODULES } from '../trees/corpora.ts';
import { chartName } from './chart.ts';
import { costs, COST_SIZES } from './cost.ts';
import type { GoalReport } from './goal.ts';
import type { LaneReport } from '../lanes/lane.ts';

export interface Machine {
  readonly cpu: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

interface BenchReport {
  /** By the day of a row. */
  readonly machines: Readonly<Record<string, Machine>>;
  readonly goals: readonly GoalReport[];
  readonly lanes: readonly LaneReport[];
  readonly growth: readonly Growth[];
  /** Free text for the end of the page. */
  readonly notes: readonly string[];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
  ].join('\n');

const figure = ({ measured, unit }: GoalReport): string => {
  if (measured === null) return 'not measured';
  if (unit === 'x') return `${measured.toFixed(2)} x`;
  return `${measured.toFixed(0)}${unit === 'ms' || unit === 'MiB' ? ` ${unit}` : ''}`;
};

const verdict = ({ met }: GoalReport): string => (met === null ? '-' : met ? 'met' : '**missed**');

/** Of the corpus: its content, in bytes. */
const TREE_BYTES = 374e6;

/** What a user pays, before all the details. */
const costSection = ({ lanes }: BenchReport): string[] => {
  const day = lanes.find(({ id }) => id === `fetch ${NODE_MODULES.name}`)?.day;
  // Of another day, it may be that of another machine.
  const ours = lanes.find((lane) => lane.id === 'fetch nothing' && lane.day === day)?.median ?? 0;
  const rows = costs(lanes, { ours, treeBytes: TREE_BYTES });
  if (rows.length === 0) return [];
  return [
    '## What it costs',
    `Seconds to fetch all of a cache into an empty directory, or to upload all of it, with the programs and machine of this page. A model: the time that ${TREE_BYTES / 1e6} MB of many small files took, grown in a straight line; 10 GB were not run. With few large files it is less. Under each the fastest of the others. Where nothing changed it is the time of an \`lstat\` for each file, and where little changed that and the bytes that changed: see the goals.`,
    table(
      ['what', 'wire', 'who', ...COST_SIZES],
      rows.map(({ verb, wire, who, seconds }) => [verb, wire, who, ...seconds.map(showSeconds)]),
    ),
  ];
};

const showSeconds = (seconds: number): string => (seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0));

const machineLines = ({ machines, lanes }: BenchReport): string =>
  Object.entries(machines)
    .filter(([day]) => lanes.some((lane) => lane.day === day))
    .toSorted(([a], [b]) => (a < b ? 1 : -1))
    .map(
      ([day, { processors, cpu, memoryGiB, kernel, node }]) =>
        `Machine of ${day}: ${processors} x ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}.`,
    )
    .join(' ');

/** The page of figures. Only ratios carry over from one machine to another. */
export const toMarkdown = (report: BenchReport): string => {
  const groups = [...new Set(report.lanes.map((lane) => lane.group))];
  const lanes = groups.flatMap((group) => {
    const members = report.lanes.filter((lane) => lane.group === group);
    const first = members[0]?.median ?? Number.NaN;
    return members.map((lane) => [
      lane.group,
      lane.title,
      lane.median.toFixed(3),
      lane.min.toFixed(3),
      lane.max.toFixed(3),
      (first / lane.median).toFixed(2),
      lane.bytes === undefined ? '' : (lane.bytes / 1e6).toFixed(2),
      (lane.peakKiB / 1024).toFixed(0),
      String(lane.seconds.length),
      lane.load?.map((load) => load.toFixed(0)).join('-') ?? '',
      lane.day,
    ]);
  });
  const growth = report.growth.map((row) => [
    String(row.files),
    row.processors === '0' ? '1' : '2',
    row.upload.toFixed(1),
    row.fetch.toFixed(1),
    row.unchanged.toFixed(1),
    row.peak.toFixed(0),
  ]);
  return [
    '# Figures',
    `Made by \`npm run bench\`: whole processes in turn, after one round that is not counted; medians; trees on tmpfs, registry (docker-registry) on loopback, or behind the wire that a row names.`,
    `${machineLines(report)} Only ratios carry over, and only between rows of one group.`,
    ...costSection(report),
    '## Goals',
    table(
      ['case', 'goal', 'was', 'measured', ''],
      report.goals.map((goal) => [goal.case, goal.goal, goal.was ?? '-', figure(goal), verdict(goal)]),
    ),
    '## Charts',
    ...groups.map((group) => `![${group}](${chartName(group)})`),
    '## Times',
    '`ratio` is that of the first row of the group divided by this one; megabytes went over the wire; peak memory is that of the largest process. `load`: processes that wanted a processor, at the begin and the end of the group.',
    table(['group', 'who', 'median s', 'min', 'max', 'ratio', 'MB', 'peak MiB', 'rounds', 'load', 'day'], lanes),
    ...(growth.length === 0
      ? []
      : [
          '## Growth',
          'Microseconds a file.',
          table(['files', 'cores', 'cold upload', 'cold fetch', 'upload unchanged', 'peak MiB'], growth),
        ]),
    '## Command lines',
    ...report.lanes.map((lane) => `- ${lane.group}, ${lane.title}: \`${lane.commandLine}\``),
    ...(report.notes.length === 0 ? [] : ['## Notes', ...report.notes.map((note) => `- ${note}`)]),
  ]
    .join('\n\n')
    .replaceAll('\n\n- ', '\n- ')
    .concat('\n');
};
