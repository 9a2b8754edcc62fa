import type { Growth } from '../cases/growth.ts';
import type { GoalReport } from './goal.ts';
import type { LaneReport } from '../lanes/lane.ts';

export interface Machine {
  readonly cpu: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export interface BenchReport {
  readonly machine: Machine;
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

/** The page of figures. Only ratios carry over from one machine to another. */
export const toMarkdown = (report: BenchReport): string => {
  const { machine } = report;
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
      lane.load.map((load) => load.toFixed(0)).join('-'),
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
    `Machine: ${machine.processors} x ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}. Only ratios carry over.`,
    '## Goals',
    table(
      ['case', 'goal', 'was', 'measured', ''],
      report.goals.map((goal) => [goal.case, goal.goal, goal.was ?? '-', figure(goal), verdict(goal)]),
    ),
    '## Times',
    '`ratio` is that of the first row of the group divided by this one; megabytes went over the wire; peak memory is that of the largest process. `load`: processes that wanted a processor, at the begin and the end of the group.',
    table(['group', 'who', 'median s', 'min', 'max', 'ratio', 'MB', 'peak MiB', 'rounds', 'load'], lanes),
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
