import { readFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Growth } from '../cases/growth.ts';
import type { LaneReport, Refusal } from '../lanes/lane.ts';
import { chartName, toChart } from './chart.ts';
import { judge } from './goal.ts';
import type { GoalReport } from './goal.ts';
import { goals } from './goals.ts';
import type { Findings } from './goals.ts';
import { toMarkdown } from './markdown.ts';
import type { Machine } from './markdown.ts';
import { timesPage } from './times.ts';

/** All that was measured: what `results.json` holds besides the goals. */
export interface Results {
  /** By the day of a row. */
  readonly machines: Readonly<Record<string, Machine>>;
  readonly findings: Partial<Findings>;
  readonly lanes: readonly LaneReport[];
  readonly refusals: readonly Refusal[];
  readonly growth: readonly Growth[];
  /** Free text for the end of the page. */
  readonly notes: readonly string[];
}

/** Groups that were run again take the place of the earlier ones; others stay as they were. */
export const mergeResults = (earlier: Results, now: Results): Results => {
  const again = new Set(now.lanes.map(({ group }) => group));
  return {
    ...now,
    machines: { ...earlier.machines, ...now.machines },
    findings: { ...earlier.findings, ...now.findings },
    lanes: [...now.lanes, ...earlier.lanes.filter(({ group }) => !again.has(group))],
    refusals: [...now.refusals, ...earlier.refusals.filter(({ group }) => !again.has(group))],
    growth: now.growth.length > 0 ? now.growth : earlier.growth,
  };
};

/** The results of an earlier run, if there are any that this version wrote. */
export const readResults = async (directory: string): Promise<Results | undefined> => {
  const text = await readFile(join(directory, 'results.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const value = JSON.parse(text) as Partial<Results>;
  return value.findings === undefined ? undefined : ({ refusals: [], ...value } as Results);
};

/** Writes `results.json`, the pages and the charts. Returns the first page. */
export const writeResults = async (directory: string, results: Results): Promise<string> => {
  const { bump, start, opened } = results.findings;
  const judged: GoalReport[] = judge(goals({ bump, start, opened }), results.lanes);
  const page = toMarkdown({ ...results, goals: judged });
  await mkdir(directory, { recursive: true });
  // A run with other cases has other charts.
  for (const name of await readdir(directory)) if (name.endsWith('.svg')) await rm(join(directory, name));
  await writeFile(join(directory, 'results.json'), `${JSON.stringify({ ...results, goals: judged }, null, 2)}\n`);
  await writeFile(join(directory, 'README.md'), page);
  await writeFile(join(directory, 'times.md'), timesPage(results));
  for (const group of new Set(results.lanes.map((lane) => lane.group))) {
    const members = results.lanes.filter((lane) => lane.group === group);
    await writeFile(join(directory, chartName(group)), toChart(group, members));
  }
  return page;
};
