/** The parts of a run. Each can be run alone (`--only`): the page keeps the others as they were. */
import { bumpedBackups, coldBackups } from './cases/backups.ts';
import { coldFetch } from './cases/cold-fetch.ts';
import { coldUpload } from './cases/cold-upload.ts';
import { growth } from './cases/growth.ts';
import type { Growth } from './cases/growth.ts';
import { bumped, unchanged } from './cases/incremental.ts';
import { largeFile } from './cases/large-file.ts';
import { littleMemory } from './cases/little-memory.ts';
import { openedFiles } from './cases/opened-files.ts';
import { firstByte, nothingToDo } from './cases/start-up.ts';
import type { Lane } from './lanes/lane.ts';
import type { Findings } from './report/goals.ts';
import { GO_BUILD, GO_MODULES, LARGE_FILES, NODE_MODULES, PYTHON_VENV } from './trees/corpora.ts';
import { startWiredRegistry, whyNoWires, WIRES } from './wire.ts';
import type { Workbench } from './workbench.ts';

export interface Run {
  readonly bench: Workbench;
  readonly rounds: number;
  /** Runs the groups of lanes one after the other. */
  readonly lanes: (lanes: readonly Lane[], rounds?: number) => Promise<void>;
}

/** What a section finds besides the times of its lanes. */
export interface Found extends Partial<Findings> {
  readonly growth?: readonly Growth[];
}

type Section = (run: Run) => Promise<Found>;

const wires: Section = async ({ bench, lanes }) => {
  const reason = await whyNoWires();
  if (reason !== undefined) {
    bench.report(reason);
    return {};
  }
  const { registry, over, remove } = await startWiredRegistry(bench.directory);
  try {
    for (const wire of WIRES) {
      await lanes(over(wire, await coldUpload({ ...bench, registry }, NODE_MODULES)));
      await lanes(over(wire, await coldFetch({ ...bench, registry }, NODE_MODULES)));
    }
  } finally {
    await remove();
  }
  return {};
};

const memory: Section = async ({ bench, lanes }) => {
  const { lanes: limited, remove } = await littleMemory(bench);
  try {
    await lanes(limited);
  } finally {
    await remove();
  }
  return {};
};

export const SECTIONS = {
  cold: async ({ bench, lanes }) => {
    const backups = await coldBackups(bench);
    await lanes([...(await coldUpload(bench, NODE_MODULES)), ...backups.uploads]);
    await lanes([...(await coldFetch(bench, NODE_MODULES)), ...backups.fetches]);
    return {};
  },
  unchanged: async ({ bench, lanes }) => {
    await lanes(await unchanged(bench));
    return { opened: await openedFiles(bench) };
  },
  bumped: async ({ bench, lanes }) => {
    const { lanes: incremental, bump } = await bumped(bench);
    await lanes([...incremental, ...(await bumpedBackups(bench))]);
    const { changed, removed, compressedBytes } = bump;
    return { bump: { changed: changed.length, removed: removed.length, compressedBytes } };
  },
  large: async ({ bench, lanes }) => {
    await lanes(await largeFile(bench));
    return {};
  },
  start: async ({ bench, lanes, rounds }) => {
    await lanes(await nothingToDo(bench), rounds * 3);
    return { start: await firstByte(bench.directory, rounds * 3) };
  },
  memory,
  wires,
  corpora: async ({ bench, lanes }) => {
    for (const corpus of [GO_MODULES, GO_BUILD, PYTHON_VENV, LARGE_FILES]) {
      await lanes(await coldUpload(bench, corpus));
      await lanes(await coldFetch(bench, corpus));
    }
    return {};
  },
  growth: async ({ bench }) => ({ growth: await growth(bench, [1_000, 10_000, 100_000, 1_000_000], 3) }),
} as const satisfies Readonly<Record<string, Section>>;

export type SectionName = keyof typeof SECTIONS;

export const SECTION_NAMES = Object.keys(SECTIONS) as readonly SectionName[];

/** Without the other corpora and the growth. */
export const QUICK: readonly SectionName[] = SECTION_NAMES.filter((name) => name !== 'corpora' && name !== 'growth');
