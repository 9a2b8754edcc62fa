import type { Planned } from './lanes.ts';

/** One row of `npm test`: a command that passes or fails as a whole, or a folder of mocha tests. */
export type Suite = CommandSuite | MochaSuite;

interface CommandSuite extends Planned {
  readonly command: readonly string[];
}

export interface MochaSuite extends Planned {
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

/** The cluster and two suites would build the same tools at the same time. */
const BUILT = ['tools'];
const filesOf = (name: string): readonly string[] => [`test/${name}/**/*.test.ts`];

export const SUITES: readonly Suite[] = [
  { name: 'check', command: ['npm', 'run', '--silent', 'check'] },
  { name: 'unit', files: filesOf('unit'), timeout: 20_000, again: false },
  { name: 'tools', command: [process.execPath, 'test/support/prerequisites/main.ts'] },
  { name: 'wire', after: BUILT, files: filesOf('wire'), fixture: PREREQUISITES, timeout: 60_000, again: true },
  { name: 'data', after: BUILT, files: filesOf('data'), fixture: PREREQUISITES, timeout: 300_000, again: true },
  { name: 'presets', after: BUILT, files: filesOf('presets'), timeout: 300_000, again: true },
  { name: 'cluster', after: BUILT, files: filesOf('cluster'), fixture: CLUSTER, timeout: 300_000, again: true },
];

/** Suites that run at the same time. */
export const LANES = 2;

/**
 * In which order the lanes take the suites. What fails within two minutes is first. The longest comes next: it waits more than it works,
 * and the other lane takes the rest meanwhile.
 */
const ORDER = ['unit', 'check', 'tools', 'cluster', 'wire', 'data', 'presets'];

/** The suites that are wanted, in the order in which lanes take them. */
export const inOrder = (wanted: ReadonlySet<string>): readonly Suite[] =>
  ORDER.flatMap((one) => SUITES.filter(({ name }) => name === one && wanted.has(name)));
