/** Rows of cells; the first row is the head. */
export type Table = readonly (readonly string[])[];

/** Lines of a table in Markdown. */
export const asMarkdown = ([head = [], ...rows]: Table): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);

/** `12.3 MB` of a result of ours, which is a number of bytes as text. */
export const megabytes = (bytes: string | undefined): string =>
  bytes === undefined ? '-' : `${(Number(bytes) / 1e6).toFixed(1)} MB`;
