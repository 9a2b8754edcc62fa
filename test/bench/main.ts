/**
 * Speed against what users have today.
 *
 *   npm run bench [-- --rounds N] [--quick] [--tekton-caches BINARY] [--out DIR]
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { coldFetch } from './cases/cold-fetch.ts';
import { coldUpload } from './cases/cold-upload.ts';
import { growth } from './cases/growth.ts';
import { bumped, unchanged } from './cases/incremental.ts';
import { largeFile } from './cases/large-file.ts';
import { littleMemory } from './cases/little-memory.ts';
import { openedFiles } from './cases/opened-files.ts';
import { firstByte, nothingToDo } from './cases/start-up.ts';
import { toChart } from './report/chart.ts';
import { GO_BUILD, GO_MODULES, LARGE_FILES, NODE_MODULES, PYTHON_VENV } from './trees/corpora.ts';
import { judge } from './report/goal.ts';
import { goals } from './report/goals.ts';
import { runGroup } from './lanes/lane.ts';
import type { Lane, LaneReport } from './lanes/lane.ts';
import { toMarkdown } from './report/markdown.ts';
import { findPeers } from './peers/peers.ts';
import { product } from './product.ts';
import { startRegistry } from './registry.ts';
import { makeScratch } from './workbench.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    /** Only the corpus of many small files, and no growth. */
    quick: { type: 'boolean', default: false },
    'tekton-caches': { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', '..', 'docs', 'bench') },
  },
});

const report = (line: string): void => void process.stderr.write(`${line}\n`);
const rounds = Number(values.rounds);
const directory = await makeScratch();
const registry = await startRegistry(directory);
const bench = { directory, registry, report, peers: await findPeers(values['tekton-caches'], report) };
try {
  const lanes: LaneReport[] = [];
  const run = async (members: readonly Lane[], times = rounds): Promise<void> => {
    for (const group of new Set(members.map((lane) => lane.group))) {
      const rivals = members.filter((lane) => lane.group === group);
      lanes.push(...(await runGroup(rivals, times, report)));
    }
  };
  const others = values.quick ? [] : [GO_MODULES, GO_BUILD, PYTHON_VENV, LARGE_FILES];
  for (const corpus of [NODE_MODULES, ...others]) {
    await run(await coldUpload(bench, corpus));
    await run(await coldFetch(bench, corpus));
  }
  await run(await unchanged(bench));
  const opened = await openedFiles(bench);
  const { lanes: incremental, bump } = await bumped(bench);
  await run(incremental);
  await run(await largeFile(bench));
  await run(await nothingToDo(bench), rounds * 3);
  const start = await firstByte(directory, rounds * 3);
  const { lanes: limited, remove } = await littleMemory(bench);
  try {
    await run(limited);
  } finally {
    await remove();
  }
  const grown = values.quick ? [] : await growth(bench, [1_000, 10_000, 100_000, 1_000_000], 3);

  // Places of this machine mean nothing to a reader.
  const anonymous = (text: string): string =>
    text
      .replaceAll(directory, '$DIR')
      .replaceAll(registry.address, '$REGISTRY')
      .replaceAll(process.execPath, 'node')
      .replaceAll(product.program, 'tekton-cache.js')
      .replaceAll(join(import.meta.dirname, '..', '..'), '.')
      .replaceAll(bench.peers.crane, 'crane')
      .replaceAll(bench.peers.tektonCaches ?? 'tekton-caches', 'tekton-caches');
  const reports = lanes.map((lane) => ({ ...lane, commandLine: anonymous(lane.commandLine) }));
  const judged = judge(goals({ bump, start, opened }), reports);
  const result = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      processors: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      node: process.versions.node,
    },
    rounds,
    goals: judged,
    lanes: reports,
    growth: grown,
    notes: [
      'tekton-cache is the program of the image, bundled and with its environment, outside of a container.',
      'Where the time goes, and what was tried: [upload](profile-upload.md), [fetch](profile-fetch.md).',
      `Two bumps change ${bump.changed.length} entries and remove ${bump.removed.length}; compressed one by one the new files have ${bump.compressedBytes} bytes.`,
      ...(values.quick ? ['This run was `--quick`: without the other corpora and the growth.'] : []),
      ...(values['tekton-caches'] === undefined
        ? ['tekton-caches was not measured: no binary was pointed to (`--tekton-caches`).']
        : []),
      'Every restored tree was compared with the one that was uploaded: names, types, modes, contents, link targets, and times to the microsecond (to the second for tar).',
    ],
  };
  await mkdir(values.out, { recursive: true });
  // Charts of a run with other cases have other numbers.
  for (const name of await readdir(values.out)) if (/^\d\d-.*\.svg$/.test(name)) await rm(join(values.out, name));
  await writeFile(join(values.out, 'results.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(values.out, 'README.md'), toMarkdown(result));
  for (const [index, group] of [...new Set(reports.map((lane) => lane.group))].entries()) {
    const chart = toChart(
      group,
      reports.filter((lane) => lane.group === group),
    );
    await writeFile(
      join(
        values.out,
        `${String(index + 1).padStart(2, '0')}-${group.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.svg`,
      ),
      chart,
    );
  }
  process.stdout.write(await readFile(join(values.out, 'README.md'), 'utf8'));
} finally {
  registry.stop();
  await rm(directory, { recursive: true, force: true });
}
