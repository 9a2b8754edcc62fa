/**
 * Speed against what users have today.
 *
 *   npm run bench [-- --rounds N] [--quick | --only SECTION,...] [--tekton-caches BINARY] [--out DIR]
 */
import { rm } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runGroup } from './lanes/lane.ts';
import type { Lane, LaneReport, Refusal } from './lanes/lane.ts';
import { cacheDirectory } from '../support/cache-directory.ts';
import { findPeers } from './peers/peers.ts';
import type { Peers } from './peers/peers.ts';
import { product } from './product.ts';
import { startRegistry } from './registry.ts';
import type { Machine } from './report/markdown.ts';
import { mergeResults, readResults, writeResults } from './report/results.ts';
import type { Results } from './report/results.ts';
import { QUICK, SECTION_NAMES, SECTIONS } from './sections.ts';
import type { Found, SectionName } from './sections.ts';
import { makeScratch } from './workbench.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    /** Only the corpus of many small files, and no growth. */
    quick: { type: 'boolean', default: false },
    /** Some sections; the page keeps what it says of the others. */
    only: { type: 'string' },
    'tekton-caches': { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', '..', 'docs', 'bench') },
  },
});

const isSection = (name: string): name is SectionName => SECTION_NAMES.includes(name as SectionName);

const chosenSections = (): readonly SectionName[] => {
  if (values.only === undefined) return values.quick ? QUICK : SECTION_NAMES;
  const names = values.only.split(',');
  if (names.every(isSection)) return names;
  throw new Error(`--only takes some of ${SECTION_NAMES.join(',')}`);
};

const REGISTRY = /\b(?:127\.0\.0\.1|198\.18\.\d+\.\d+):\d+/g;

/** Places of this machine mean nothing to a reader. */
const anonymous = (text: string, places: Readonly<Record<string, string>>): string =>
  Object.entries(places)
    .reduce((line, [place, name]) => line.replaceAll(place, name), text)
    .replaceAll(REGISTRY, '$REGISTRY');

const placesOf = (directory: string, peers: Peers): Readonly<Record<string, string>> => ({
  [directory]: '$DIR',
  [cacheDirectory('bench')]: '$DISK',
  [process.execPath]: 'node',
  [product.program]: 'tekton-cache.js',
  [join(import.meta.dirname, '..', '..')]: '.',
  [peers.crane]: 'crane',
  [peers.oras]: 'oras',
  [peers.restic]: 'restic',
  [peers.tektonCaches ?? 'tekton-caches']: 'tekton-caches',
});

const NOTES = [
  'tekton-cache is the program of the image, bundled and with its environment, outside of a container.',
  'Where the time goes, and what was tried: [upload](profile-upload.md), [fetch](profile-fetch.md).',
  'Every restored tree was compared with the one that was uploaded: names, types, modes, contents, link targets, and times to the microsecond (to the second for tar).',
];

const notesOf = (sections: readonly SectionName[], { bump }: Found): string[] => [
  ...NOTES,
  ...(bump === undefined
    ? []
    : [
        `Two bumps change ${bump.changed} entries and remove ${bump.removed}; compressed one by one the new files have ${bump.compressedBytes} bytes.`,
      ]),
  ...(sections.length < SECTION_NAMES.length
    ? [
        `The last run was of ${sections.join(', ')}; other rows are those of an earlier one, of the program as it was then.`,
      ]
    : []),
];

const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  processors: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.versions.node,
});

const report = (line: string): void => void process.stderr.write(`${line}\n`);
const sections = chosenSections();
const rounds = Number(values.rounds);
const earlier = await readResults(values.out);
const directory = await makeScratch();
const registry = await startRegistry(directory);
const peers = await findPeers(values['tekton-caches'], report);
const bench = { directory, registry, report, peers };
try {
  const lanes: LaneReport[] = [];
  const refusals: Refusal[] = [];
  const run = async (members: readonly Lane[], times = rounds): Promise<void> => {
    for (const group of new Set(members.map((lane) => lane.group))) {
      const rivals = members.filter((lane) => lane.group === group);
      const found = await runGroup(rivals, times, report);
      lanes.push(...found.lanes);
      refusals.push(...found.refusals);
    }
  };
  const places = placesOf(directory, peers);
  const resultsOf = ({ growth = [], ...findings }: Found, ran: readonly SectionName[]): Results => ({
    machines: Object.fromEntries(lanes.map(({ day }) => [day, thisMachine()])),
    findings,
    lanes: lanes.map((lane) => ({ ...lane, commandLine: anonymous(lane.commandLine, places) })),
    refusals: refusals.map((refusal) => ({ ...refusal, reason: anonymous(refusal.reason, places) })),
    growth,
    notes: notesOf(ran, { ...earlier?.findings, ...findings }),
  });
  let found: Found = {};
  for (const [index, name] of sections.entries()) {
    found = { ...found, ...(await SECTIONS[name]({ bench, rounds, lanes: run })) };
    const ran = sections.slice(0, index + 1);
    const now = resultsOf(found, ran);
    // After each section, as a run of an hour may end early. When all were run, what was before goes, and cases that are no more with it.
    const isWhole = earlier === undefined || ran.length === SECTION_NAMES.length;
    const page = await writeResults(values.out, isWhole ? now : mergeResults(earlier, now));
    if (ran.length === sections.length) process.stdout.write(page);
  }
} finally {
  registry.stop();
  await rm(directory, { recursive: true, force: true });
}
