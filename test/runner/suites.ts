/** One row of `npm test`: a command that passes or fails as a whole, or a folder of mocha tests. */
export type Suite = CommandSuite | MochaSuite;

export interface CommandSuite {
  readonly name: string;
  readonly command: readonly string[];
}

export interface MochaSuite {
  readonly name: string;
  readonly files: readonly string[];
  /** A module with mocha's global fixtures: it installs or starts what the tests need. */
  readonly fixture?: string;
  /** Milliseconds for a test that names no other time. */
  readonly timeout: number;
  /** Whether a failed test is run once more. Pure decisions have no second chance. */
  readonly again: boolean;
}

/** Installs the tools that these suites run. */
const PREREQUISITES = './test/support/prerequisites/fixture.ts';
const CLUSTER = './test/support/cluster/fixture.ts';

const filesOf = (name: string): readonly string[] => [`test/${name}/**/*.test.ts`];

export const SUITES: readonly Suite[] = [
  { name: 'check', command: ['npm', 'run', '--silent', 'check'] },
  { name: 'unit', files: filesOf('unit'), timeout: 20_000, again: false },
  { name: 'tools', command: [process.execPath, 'test/support/prerequisites/main.ts'] },
  { name: 'wire', files: filesOf('wire'), fixture: PREREQUISITES, timeout: 60_000, again: true },
  { name: 'data', files: filesOf('data'), fixture: PREREQUISITES, timeout: 300_000, again: true },
  { name: 'presets', files: filesOf('presets'), timeout: 300_000, again: true },
  { name: 'cluster', files: filesOf('cluster'), fixture: CLUSTER, timeout: 300_000, again: true },
];

/**
 * Stages follow each other; lanes of one stage run at the same time; suites of one lane follow each other. What fails within two
 * minutes is first. The cluster suite waits more than it works, and the last two lanes take about the same time.
 */
const STAGES: readonly (readonly (readonly string[])[])[] = [
  [['check'], ['unit']],
  [['tools']],
  [
    ['wire', 'data'],
    ['cluster', 'presets'],
  ],
];

/** Stages of lanes of suites, as far as they are wanted. */
export const stagesOf = (wanted: ReadonlySet<string>): readonly (readonly (readonly Suite[])[])[] =>
  STAGES.map((lanes) =>
    lanes
      .map((names) => names.flatMap((one) => SUITES.filter(({ name }) => name === one && wanted.has(name))))
      .filter((lane) => lane.length > 0),
  ).filter((lanes) => lanes.length > 0);
