import type { Goal, LaneLookup } from './goal.ts';
import { ratio } from './goal.ts';
import { NODE_MODULES } from '../trees/corpora.ts';
import type { Difference } from '../trees/difference.ts';
import type { OpenedFiles } from '../cases/opened-files.ts';
import type { StartUp } from '../cases/start-up.ts';

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
  (lane: string, bump: Difference | undefined) =>
  ({ bytes }: LaneLookup): number | undefined => {
    const moved = bytes(lane);
    return moved === undefined || bump === undefined ? undefined : moved / bump.compressedBytes;
  };

/** What is not the time of a lane; nothing where it was not measured. */
export interface Findings {
  readonly bump: Difference | undefined;
  readonly start: StartUp | undefined;
  readonly opened: OpenedFiles | undefined;
}

/** The goals of the data plane, on the corpus of many small files; every one is a row of the table, met or not. */
export const goals = ({ bump, start, opened }: Findings): Goal[] => [
  {
    case: 'cold upload, level 3',
    goal: 'at most 1.0 x (tar | zstd -3 -T0 to a file, then PUT)',
    limit: 1,
    unit: 'x',
    figure: ratio(`upload ${MANY}`, `tar-zstd-put ${MANY}`),
  },
  {
    case: 'cold upload against tekton-caches',
    goal: 'at most 1/6',
    limit: 1 / 6,
    unit: 'x',
    figure: ratio(`upload ${MANY}`, `tekton-caches upload ${MANY}`),
  },
  {
    case: 'cold fetch into an empty directory',
    goal: 'at most 1.0 x (curl to a file, then zstd -dc | tar -x)',
    limit: 1,
    unit: 'x',
    figure: ratio(`fetch ${MANY}`, `curl-zstd-tar ${MANY}`),
  },
  {
    case: 'cold fetch against crane export | tar -x',
    goal: 'at most 0.33 x',
    limit: 0.33,
    unit: 'x',
    figure: ratio(`fetch ${MANY}`, `crane-export-tar ${MANY}`),
  },
  {
    case: 'cold fetch against tekton-caches',
    goal: 'at most 1/4',
    limit: 1 / 4,
    unit: 'x',
    figure: ratio(`fetch ${MANY}`, `tekton-caches fetch ${MANY}`),
  },
  {
    case: 'upload, nothing changed',
    goal: 'at most 1.7 x a bare recursive lstat',
    limit: 1.7,
    unit: 'x',
    figure: ratio('upload unchanged', 'lstat upload'),
  },
  {
    case: 'upload, nothing changed: bytes sent',
    goal: '0',
    limit: 0,
    unit: 'bytes',
    figure: ({ bytes }) => bytes('upload unchanged'),
  },
  {
    case: 'upload, nothing changed: files opened (strace)',
    goal: '0',
    limit: 0,
    unit: 'count',
    figure: () => opened?.upload,
  },
  {
    case: 'upload, two dependency bumps',
    goal: 'at most 3.5 x the bare lstat + 1/15 of the cold upload',
    limit: 1,
    unit: 'x',
    figure: against('upload bumped', 'lstat bumped upload', 3.5, `upload ${MANY}`, 1 / 15),
  },
  {
    case: 'upload, two dependency bumps: bytes sent',
    goal: 'at most 1.3 x the compressed new files',
    limit: 1.3,
    unit: 'x',
    figure: bytesAgainst('upload bumped', bump),
  },
  {
    case: 'fetch into a warm directory, nothing missing',
    goal: 'at most 2.0 x the bare lstat',
    limit: 2,
    unit: 'x',
    figure: ratio('fetch unchanged', 'lstat fetch'),
  },
  {
    case: 'fetch into a warm directory, nothing missing: files opened (strace)',
    goal: '0',
    limit: 0,
    unit: 'count',
    figure: () => opened?.fetch,
  },
  {
    case: 'fetch after two dependency bumps',
    goal: 'at most 3.5 x the bare lstat + 1/15 of the cold fetch',
    limit: 1,
    unit: 'x',
    figure: against('fetch bumped', 'lstat bumped fetch', 3.5, `fetch ${MANY}`, 1 / 15),
  },
  {
    case: 'fetch after two dependency bumps: bytes received',
    goal: 'at most 1.5 x the compressed new files',
    limit: 1.5,
    unit: 'x',
    figure: bytesAgainst('fetch bumped', bump),
  },
  {
    case: '1 GiB incompressible, upload',
    goal: 'at most 1.1 x crane push of a ready tarball',
    limit: 1.1,
    unit: 'x',
    figure: ratio('upload large', 'crane push large'),
  },
  {
    case: '1 GiB incompressible, fetch',
    goal: 'at most 1.1 x crane blob to a file',
    limit: 1.1,
    unit: 'x',
    figure: ratio('fetch large', 'crane blob large'),
  },
  {
    case: 'process start to first byte to the registry',
    goal: 'at most 80 ms above an empty Node process',
    limit: 80,
    unit: 'ms',
    figure: () => (start === undefined ? undefined : start.firstByte - start.emptyProcess),
  },
];
