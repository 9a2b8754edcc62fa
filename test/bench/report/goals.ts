import { FETCH_LIMITED, FETCH_ROOMY, LITTLE_MEMORY_MIB, UPLOAD_LIMITED, UPLOAD_ROOMY } from '../cases/little-memory.ts';
import type { OpenedFiles } from '../cases/opened-files.ts';
import type { FirstByte } from '../cases/start-up.ts';
import { NODE_MODULES } from '../trees/corpora.ts';
import type { Goal, LaneLookup } from './goal.ts';
import { ratio } from './goal.ts';
import { wireGoals } from './wire-goals.ts';

const MANY = NODE_MODULES.name;

/** `subject` against `factor` lstats and a fraction of another lane. */
const against =
  (subject: string, lstat: string, factor: number, other: string, fraction: number) =>
  ({ seconds }: LaneLookup): number | undefined => {
    const [time, floor, whole] = [seconds(subject), seconds(lstat), seconds(other)];
    if (time === undefined || floor === undefined || whole === undefined) return undefined;
    return time / (factor * floor + fraction * whole);
  };

const bytesAgainst =
  (lane: string, bump: Bump | undefined) =>
  ({ bytes }: LaneLookup): number | undefined => {
    const moved = bytes(lane);
    return moved === undefined || bump === undefined ? undefined : moved / bump.compressedBytes;
  };

const ratioGoal = (name: string, was: string, limit: number, text: string, subject: string, peer: string): Goal => ({
  case: name,
  goal: text,
  was,
  limit,
  unit: 'x',
  figure: ratio(subject, peer),
});

const peakGoal = (name: string, was: string, limit: number, lane: string): Goal => ({
  case: name,
  goal: `at most ${limit} MiB`,
  ...(was === '' ? {} : { was }),
  limit,
  unit: 'MiB',
  figure: ({ peakMiB }) => peakMiB(lane),
});

/** What two bumps change. */
interface Bump {
  /** Entries. */
  readonly changed: number;
  readonly removed: number;
  /** The changed files, each compressed alone. */
  readonly compressedBytes: number;
}

/** What is not the time of a lane; nothing where it was not measured. */
export interface Findings {
  readonly bump: Bump | undefined;
  readonly start: FirstByte | undefined;
  readonly opened: OpenedFiles | undefined;
}

const COLD: readonly Goal[] = [
  ratioGoal(
    'cold fetch, beside other files',
    '1.68-1.75 x',
    1.25,
    'at most 1.25 x (curl to a file, then zstd -dc | tar -x)',
    `fetch beside ${MANY}`,
    `curl-tar-zstd ${MANY}`,
  ),
  ratioGoal(
    'cold fetch, nothing was there before',
    '1.68-1.75 x',
    1.1,
    'at most 1.1 x (curl to a file, then zstd -dc | tar -x)',
    `fetch ${MANY}`,
    `curl-tar-zstd ${MANY}`,
  ),
  ratioGoal(
    'cold fetch against crane export | tar -x',
    '0.45 x',
    0.33,
    'at most 0.33 x',
    `fetch ${MANY}`,
    `crane-export-tar ${MANY}`,
  ),
  ratioGoal(
    'cold fetch against tekton-caches',
    '0.36 x',
    1 / 4,
    'at most 1/4',
    `fetch ${MANY}`,
    `tekton-caches fetch ${MANY}`,
  ),
  ratioGoal(
    'cold upload',
    '1.73-1.85 x',
    1.35,
    'at most 1.35 x (tar | zstd -3 -T0 to a file, then PUT)',
    `upload ${MANY}`,
    `tar-zstd-put ${MANY}`,
  ),
  ratioGoal(
    'cold upload against tekton-caches',
    '0.18 x',
    1 / 7,
    'at most 1/7',
    `upload ${MANY}`,
    `tekton-caches upload ${MANY}`,
  ),
  ratioGoal(
    '1 GiB incompressible, fetch',
    '1.43 x',
    1.1,
    'at most 1.1 x crane blob to a file',
    'fetch large',
    'crane blob large',
  ),
  ratioGoal(
    '1 GiB incompressible, upload',
    '0.94 x',
    1.1,
    'at most 1.1 x crane push of a ready tarball',
    'upload large',
    'crane push large',
  ),
];

const MEMORY: readonly Goal[] = [
  peakGoal('largest process, cold fetch of 374 MB', '244 MiB', 160, `fetch ${MANY}`),
  peakGoal('largest process, cold upload of 374 MB', '264 MiB', 160, `upload ${MANY}`),
  peakGoal(`the same fetch in a container of ${LITTLE_MEMORY_MIB} MiB`, '', 120, FETCH_LIMITED),
  peakGoal(`the same upload in a container of ${LITTLE_MEMORY_MIB} MiB`, '', 120, UPLOAD_LIMITED),
  ratioGoal('that fetch', '-', 1.3, 'at most 1.3 x the time without a limit', FETCH_LIMITED, FETCH_ROOMY),
  ratioGoal('that upload', '-', 1.3, 'at most 1.3 x the time without a limit', UPLOAD_LIMITED, UPLOAD_ROOMY),
];

const incremental = (bump: Bump | undefined): Goal[] => [
  ratioGoal(
    'upload, nothing changed',
    '1.78 x',
    1.5,
    'at most 1.5 x a bare recursive lstat',
    'upload unchanged',
    'lstat upload',
  ),
  ratioGoal(
    'fetch into a warm directory, nothing missing',
    '1.51 x',
    2,
    'at most 2.0 x the bare lstat',
    'fetch unchanged',
    'lstat fetch',
  ),
  {
    case: 'upload, two dependency bumps',
    goal: 'at most 3.5 x the bare lstat + 1/15 of the cold upload',
    was: '0.78 x',
    limit: 1,
    unit: 'x',
    figure: against('upload bumped', 'lstat bumped upload', 3.5, `upload ${MANY}`, 1 / 15),
  },
  {
    case: 'fetch after two dependency bumps',
    goal: 'at most 0.9 x (3.5 x the bare lstat + 1/15 of the cold fetch)',
    was: '1.04 x',
    limit: 0.9,
    unit: 'x',
    figure: against('fetch bumped', 'lstat bumped fetch', 3.5, `fetch ${MANY}`, 1 / 15),
  },
  {
    case: 'upload, two dependency bumps: bytes sent',
    goal: 'at most 1.3 x the compressed new files',
    was: '0.80 x',
    limit: 1.3,
    unit: 'x',
    figure: bytesAgainst('upload bumped', bump),
  },
  {
    case: 'fetch after two dependency bumps: bytes received',
    goal: 'at most 1.5 x the compressed new files',
    was: '0.77 x',
    limit: 1.5,
    unit: 'x',
    figure: bytesAgainst('fetch bumped', bump),
  },
  {
    case: 'upload, nothing changed: bytes sent',
    goal: '0',
    was: '0',
    limit: 0,
    unit: 'bytes',
    figure: ({ bytes }) => bytes('upload unchanged'),
  },
];

const openedGoal = (name: string, figure: () => number | undefined): Goal => ({
  case: `${name}: files opened (strace)`,
  goal: '0',
  was: '0',
  limit: 0,
  unit: 'count',
  figure,
});

const startUp = (start: FirstByte | undefined): Goal[] => [
  ratioGoal(
    'a fetch with nothing to do, program alone',
    '3.24 x',
    2,
    'at most 2.0 x an empty Node',
    'fetch nothing',
    'empty node',
  ),
  ratioGoal(
    'an upload with nothing to do, program alone',
    '3.11 x',
    2,
    'at most 2.0 x an empty Node',
    'upload nothing',
    'empty node',
  ),
  {
    case: 'helper of a CustomRun, from its start to its first byte at the registry',
    goal: 'at most 1.5 x an empty Node',
    limit: 1.5,
    unit: 'x',
    figure: () => (start === undefined ? undefined : start.firstByte / start.emptyProcess),
  },
];

/** The goals of the data plane, on the corpus of many small files; every one is a row of the table, met or not. */
export const goals = ({ bump, start, opened }: Findings): Goal[] => [
  ...COLD,
  ...incremental(bump),
  openedGoal('upload, nothing changed', () => opened?.upload),
  openedGoal('fetch, nothing missing', () => opened?.fetch),
  ...startUp(start),
  ...MEMORY,
  ...wireGoals,
];
