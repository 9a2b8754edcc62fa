import type { OptionRow } from './options.ts';

/** The help of one subcommand. */
export function helpText(usage: string, summary: string, rows: readonly OptionRow[]): string {
  const lines = rows.map((row) => ({ left: leftSide(row), meaning: row.meaning.replaceAll('`', '') }));
  const width = Math.max(...lines.map(({ left }) => left.length));
  const options = lines.map(({ left, meaning }) => `  ${left.padEnd(width)}  ${meaning}`);
  return [`Usage: ${usage}`, '', summary, '', 'Options:', ...options].join('\n');
}

/** What is wrong with how a subcommand was called, and where its options are told. */
export function usageProblem(subcommand: string, problem: string): string {
  return `tekton-cache ${subcommand}: ${problem}\nRun \`tekton-cache ${subcommand} --help\` for the options.`;
}

function leftSide({ name, kind, value }: OptionRow): string {
  if (kind === 'flag') return `--${name}`;
  return `--${name} ${value ?? 'TEXT'}${kind === 'list' ? ' ...' : ''}`;
}
