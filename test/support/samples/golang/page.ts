import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { figuresIn, merged, withFigures } from '../marked-figures.ts';
import { asMarkdown } from '../text-table.ts';
import { tableOf } from './report.ts';
import type { Measured } from './report.ts';

const PAGE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'bench', 'samples.md');

/** The page with new figures of the ways that were measured, in the order of their titles. */
export const pageWith = (page: string, measured: readonly Measured[], machine: string): string => {
  const [head = [], ...rows] = merged(figuresIn(page), tableOf(measured));
  const pairs = rows.flatMap((row, index) => (row[0] === '' ? [] : [rows.slice(index, index + 2)]));
  const sorted = pairs.toSorted(([[left = ''] = []], [[right = ''] = []]) => (left < right ? -1 : 1));
  return withFigures(page, [`The last run was on ${machine}.`, '', ...asMarkdown([head, ...sorted.flat()])]);
};

export const writePage = async (measured: readonly Measured[], machine: string): Promise<void> =>
  await writeFile(PAGE, pageWith(await readFile(PAGE, 'utf8'), measured, machine));
