/**
 * Does build state stay as small and as quick over the history of a project as when it is new?
 *
 *   npm run bench:build-state [-- --commits N] [--project NAME] [--rounds N] [--every N] [--out FILE]
 *
 * Each version of a published project is a commit: its sources in a new checkout, the state of the commit before it by `fetch`, a build,
 * `upload`. At some commits the same build also starts from a fresh state: that of a cold build of the commit before.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writePage } from '../report/page.ts';
import { History } from './history.ts';
import type { Checkpoint } from './history.ts';
import { HISTORIES } from './projects.ts';
import type { HistoryProject } from './projects.ts';
import { median } from '../lanes/spread.ts';

const { values } = parseArgs({
  options: {
    commits: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
    /** A comparison after so many commits, and at the last one. */
    every: { type: 'string', default: '10' },
    project: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/build-state.md') },
  },
});

const every = Number(values.every);
const SIZE_GOAL = 1.5;
const TIME_GOAL = 1.2;

const sections: string[] = [];
for (const project of HISTORIES) {
  if (values.project !== undefined && values.project !== project.preset) continue;
  sections.push(await section(project, Number(values.commits), Number(values.rounds)));
}
await writePage(values.out, page(sections));

async function section(project: HistoryProject, commits: number, rounds: number): Promise<string> {
  const versions = project.versions.slice(-commits);
  const history = await History.begin(project);
  const checkpoints: Checkpoint[] = [];
  try {
    for (const [at, version] of versions.entries()) {
      const before = versions[at - 1];
      const isCheckpoint = before !== undefined && ((at + 1) % every === 0 || at === versions.length - 1);
      if (isCheckpoint) checkpoints.push(await history.compare(before, version, at + 1, rounds));
      const { bytes, seconds } = await history.commit(version);
      process.stderr.write(`${project.title} ${version}: ${bytes} bytes, ${seconds.toFixed(1)} s\n`);
    }
  } finally {
    history.end();
  }
  const rows = checkpoints.map(({ commit, version, kept, fresh }) => {
    const [keptSeconds, freshSeconds] = [median(kept.seconds), median(fresh.seconds)];
    return [
      `${commit} (${version})`,
      megabytes(fresh.bytes),
      megabytes(kept.bytes),
      ratio(kept.bytes / fresh.bytes, SIZE_GOAL),
      megabytes(fresh.blobBytes),
      megabytes(kept.blobBytes),
      `${freshSeconds.toFixed(2)} s`,
      `${keptSeconds.toFixed(2)} s`,
      ratio(median(kept.seconds.map((one, at) => one / (fresh.seconds[at] ?? Number.NaN))), TIME_GOAL),
    ].join(' | ');
  });
  return [
    `## ${project.title}`,
    '',
    `\`${project.build}\`, versions ${versions[0]} to ${versions.at(-1)}, preset \`${project.preset}\`.`,
    '',
    '| commit | fresh entry | kept entry | ratio | fresh blobs | kept blobs | build, from fresh | build, from kept | ratio |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

function page(parts: readonly string[]): string {
  const head = [
    '# Build state over the history of a project',
    '',
    'Made by `npm run bench:build-state`. Each commit is a published version: a new checkout and new directories, `fetch`, the build, `upload` under one tag.',
    'The *kept* entry is what all commits before made of it; the *fresh* one is uploaded after a cold build of the commit before. Both builds are of the same commit, in turn; times are medians, and their ratio is the median of pairs.',
    `Goals: size within ${SIZE_GOAL} x, time within ${TIME_GOAL} x. *Blobs* are the compressed layers that the manifest names.`,
    `Machine: ${cpus().length} processors, shared with other work. Only ratios carry over.`,
  ];
  return [head.join('\n'), ...parts].join('\n\n') + '\n';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function ratio(value: number, goal: number): string {
  return `${value.toFixed(2)}${value <= goal ? '' : ' **missed**'}`;
}
