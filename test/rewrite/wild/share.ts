/** The share of the wild that works by the PipelineRun's line alone, as a page of the docs has it. */
import { comesOf } from './rewritten.ts';
import { PIPELINES, TASKS } from './row.ts';
import type { Comes, PipelineRow, TaskRow } from './row.ts';

type Rows = ReadonlyMap<string, readonly (TaskRow | PipelineRow)[]>;

const WAYS: readonly Comes[] = ['line', 'edit', 'not', 'none'];

/** Of those that download: how many per hundred work by the line alone. */
export function lineShare(rows: Rows): number {
  const all = [...rows.values()].flat().map(comesOf);
  const downloading = all.filter((comes) => comes !== 'none').length;
  return Math.floor((100 * all.filter((comes) => comes === 'line').length) / downloading);
}

export const WILD_TABLES: Readonly<Record<string, () => string>> = {
  tasks: () => table(TASKS, 'Tasks of'),
  pipelines: () => table(PIPELINES, 'Pipelines'),
  edits: () => reasons('edit'),
  nots: () => reasons('not'),
};

function table(rows: Rows, what: string): string {
  const lines = [...rows].map(([name, group]) => line(name.replaceAll('-', ' '), group));
  const all = line('**all**', [...rows.values()].flat());
  const head = [`| ${what} | rows | the line alone | an edit | not | download nothing |`, '|---|---|---|---|---|---|'];
  const share = `By the line alone work ${lineShare(rows)} of 100 that download something.`;
  return [...head, ...lines, all, '', share, ''].join('\n');
}

function line(name: string, rows: readonly (TaskRow | PipelineRow)[]): string {
  const counts = WAYS.map((way) => rows.filter((row) => comesOf(row) === way).length);
  return `| ${[name, rows.length, ...counts].join(' | ')} |`;
}

function reasons(way: Comes): string {
  const rows = [...TASKS.values(), ...PIPELINES.values()].flat().filter((row) => comesOf(row) === way);
  const head = way === 'edit' ? ['| what | why | the edit |', '|---|---|---|'] : ['| what | why |', '|---|---|'];
  const lines = rows.map((row) => {
    const name = 'task' in row ? `Task \`${row.task}\`` : `Pipeline \`${row.pipeline}\``;
    const cells = [name, row.why ?? '', ...(way === 'edit' ? [row.edit?.says ?? ''] : [])];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [...head, ...lines, ''].join('\n');
}
