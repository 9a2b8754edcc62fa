import type { Growth } from '../cases/growth.ts';
import { NODE_MODULES } from '../trees/corpora.ts';
import { chartName } from './chart.ts';
import { costs, COST_SIZES } from './cost.ts';
import { MOST_THREADS, scaling } from './cores.ts';
import type { GoalReport } from './goal.ts';
import { pageOf, table } from './page.ts';
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

const growthSection = ({ growth }: BenchReport): string[] =>
  growth.length === 0
    ? []
    : [
        '## Growth',
        'Microseconds a file, of trees of many small files.',
        table(
          ['files', 'processors', 'cold upload', 'cold fetch', 'upload unchanged', 'peak MiB'],
          growth.map(({ files, processors, upload, fetch, unchanged, peak }) => [
            String(files),
            processors === '0' ? '1' : '2',
            ...[upload, fetch, unchanged].map((cost) => cost.toFixed(1)),
            peak.toFixed(0),
          ]),
        ),
      ];

/** Processors of a helper that the model speaks of. */
const MORE = [4, 8];

const coresSection = ({ growth }: BenchReport): string[] => {
  const rows = scaling(growth, MORE);
  if (rows.length === 0) return [];
  return [
    '## More processors',
    `Microseconds a file. One and two processors were measured (\`taskset\`; the registry had both). The rest is a model: the serial part stays, the shared part is divided among at most ${MOST_THREADS} threads, which is what a helper starts. With more of them memory would grow, and the goals for it are missed already. Where the two times differ by less than their noise, as with few files, the model says little.`,
    table(
      ['files', 'what', '1', '2', 'serial part', ...MORE.map((processors) => `${processors}, model`)],
      rows.map(({ files, verb, one, two, serial, more }) => [
        String(files),
        `cold ${verb}`,
        ...[one, two, serial, ...more.map(({ microseconds }) => microseconds)].map((cost) => cost.toFixed(1)),
      ]),
    ),
  ];
};

const notesSection = ({ lanes, notes }: BenchReport): string[] => {
  const isMissing = !lanes.some(({ title }) => title.startsWith('tekton-caches'));
  const all = [
    ...notes,
    ...(isMissing ? ['tekton-caches was not measured: no binary was pointed to (`--tekton-caches`).'] : []),
  ];
  return all.length === 0 ? [] : ['## Notes', ...all.map((note) => `- ${note}`)];
};

/** The page of figures. Only ratios carry over from one machine to another. */
export const toMarkdown = (report: BenchReport): string =>
  pageOf([
    '# Figures',
    'Made by `npm run bench`: whole processes in turn, after one round that is not counted; medians; trees on tmpfs, registry (docker-registry) on loopback, or behind the wire that a row names. All times, and the command lines, are [on a page of their own](times.md).',
    `${machineLines(report)} Only ratios carry over, and only between rows of one group.`,
    ...costSection(report),
    '## Goals',
    table(
      ['case', 'goal', 'was', 'measured', ''],
      report.goals.map((goal) => [goal.case, goal.goal, goal.was ?? '-', figure(goal), verdict(goal)]),
    ),
    ...growthSection(report),
    ...coresSection(report),
    '## Charts',
    ...[...new Set(report.lanes.map(({ group }) => group))].map((group) => `![${group}](${chartName(group)})`),
    ...notesSection(report),
  ]);
