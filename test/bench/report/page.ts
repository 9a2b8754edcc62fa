import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A table of markdown. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
  ].join('\n');

/** A page of markdown: an empty line between its parts, and none between the items of a list. */
export const pageOf = (parts: readonly string[]): string =>
  parts.join('\n\n').replaceAll('\n\n- ', '\n- ').concat('\n');

/** Keeps a page of figures, and shows it. */
export async function writePage(file: string, page: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, page);
  process.stdout.write(page);
}
