import type { Table } from './text-table.ts';

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

/** The new rows, and the old ones of ways that were not run this time. A way has two rows, and its title in the first. */
export const merged = (old: Table, [head = [], ...fresh]: Table): Table => {
  const kept = old.flatMap((row, index) => {
    const isMeasured = fresh.some(([title]) => title === row[0]);
    return row[0] === '' || isMeasured ? [] : old.slice(index, index + 2);
  });
  return [head, ...fresh, ...kept];
};
