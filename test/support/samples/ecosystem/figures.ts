import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { asMarkdown } from '../text-table.ts';
import type { Table } from '../text-table.ts';
import type { Measured } from './measure.ts';
import { HEAD, tableOf } from './report.ts';
import { SAMPLES } from './sample-files.ts';

const BEGIN = '<!-- from the runner: figures -->';
const END = '<!-- end -->';

/** The text with other lines between the marks of the runner. Throws when it has no marks. */
export const withFigures = (text: string, figures: readonly string[]): string => {
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`there are no lines "${BEGIN}" and "${END}"`);
  return `${before}${BEGIN}\n\n${figures.join('\n')}\n\n${END}${after}`;
};

/** Cells of the table between the marks, without its head. */
export const figuresIn = (text: string): Table =>
  (text.split(BEGIN)[1]?.split(END)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll('|', '').trim()));

/** Writes the one table of all samples, of what the README of each has. */
export const writeOverview = async (samples: readonly string[]): Promise<void> => {
  const rows: (readonly string[])[] = [];
  for (const sample of samples) {
    const figures = figuresIn(await readFile(join(SAMPLES, sample, 'README.md'), 'utf8'));
    rows.push(...figures.map((cells, row) => [row === 0 ? `[${sample}](${sample}/)` : '', ...cells]));
  }
  const file = join(SAMPLES, 'README.md');
  const figures = asMarkdown([['sample', ...HEAD], ...rows]);
  await writeFile(file, withFigures(await readFile(file, 'utf8'), figures));
};

/** The new rows, and the old ones of ways that were not run this time. A way has two rows, and its title in the first. */
export const merged = (old: Table, [head = [], ...fresh]: Table): Table => {
  const kept = old.flatMap((row, index) => {
    const isMeasured = fresh.some(([title]) => title === row[0]);
    return row[0] === '' || isMeasured ? [] : old.slice(index, index + 2);
  });
  return [head, ...fresh, ...kept];
};

/** Writes the figures of a sample anew. */
export const writeFigures = async (sample: string, measured: readonly Measured[], machine: string): Promise<void> => {
  const file = join(SAMPLES, sample, 'README.md');
  const text = await readFile(file, 'utf8');
  const figures = [
    `Written by \`npm run samples\`: each way cold, then warm, on ${machine}, in pods of the bench, packages from a mirror beside it. The machine is noisy: compare cold and warm, not seconds. Downloads are packages that the log of the mirror counts.`,
    '',
    ...asMarkdown(merged(figuresIn(text), tableOf(measured))),
  ];
  await writeFile(file, withFigures(text, figures));
};
