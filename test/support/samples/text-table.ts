/** Rows of cells; the first row is the head. */
export type Table = readonly (readonly string[])[];

/** For a terminal. */
export const asText = (table: Table): string => {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Lines of a table in Markdown. */
export const asMarkdown = ([head = [], ...rows]: Table): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);

/** `12.3 MB` of a result of ours, which is a number of bytes as text. */
export const megabytes = (bytes: string | undefined): string =>
  bytes === undefined ? '-' : `${(Number(bytes) / 1e6).toFixed(1)} MB`;
