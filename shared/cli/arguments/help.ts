import type { OptionRow } from './options.ts';

/** As wide as a terminal mostly is, so that the meanings stay in their column. */
const COLUMNS = 100;

/** The help of one subcommand. */
export function helpText(usage: string, summary: string, rows: readonly OptionRow[]): string {
  const lines = rows.map((row) => ({ left: leftSide(row), meaning: row.meaning.replaceAll('`', '') }));
  const width = Math.max(...lines.map(({ left }) => left.length));
  const indent = '\n'.padEnd(width + 5);
  const options = lines.map(({ left, meaning }) => {
    return `  ${left.padEnd(width)}  ${wrapped(meaning, COLUMNS - width - 4).join(indent)}`;
  });
  return [`Usage: ${usage}`, '', summary, '', 'Options:', ...options].join('\n');
}

/** What is wrong with how a subcommand was called, and where its options are told. */
export function usageProblem(subcommand: string, problem: string): string {
  return `tekton-cache ${subcommand}: ${problem}\nRun \`tekton-cache ${subcommand} --help\` for the options.`;
}

function leftSide({ name, short, kind, value }: OptionRow): string {
  const option = `${short === undefined ? '    ' : `-${short}, `}--${name}`;
  if (kind === 'flag') return option;
  return `${option} ${value ?? 'TEXT'}${kind === 'list' ? ' ...' : ''}`;
}

/** Lines of whole words. A word that is too long by itself has a line of its own. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}
