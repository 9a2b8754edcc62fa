import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { figuresIn, merged, withFigures } from '../marked-figures.ts';
import { asMarkdown } from '../text-table.ts';
import type { Measured } from './measure.ts';
import { HEAD, tableOf } from './report.ts';
import { SAMPLES } from './sample-files.ts';

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
