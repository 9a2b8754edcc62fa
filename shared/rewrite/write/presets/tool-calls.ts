/** How a Task calls a tool of the command line, as far as its text tells. */

/** One command of a text: its words, without quotes. */
export type Command = readonly string[];

/** The commands of scripts and arguments. */
export function commandsOf(text: string): Command[] {
  return text
    .replaceAll(/["']/g, '')
    .split(/[\n;&|()<>`]/)
    .map((command) => command.split(/\s/).filter((word) => word !== ''))
    .filter((words) => words.length > 0);
}

/** What a tool is called by, and what it is told to do. */
export interface Tool {
  readonly programs: readonly string[];
  readonly verbs: readonly string[];
}

/** The tool without a verb. */
export const BARE = '';

/** Other subcommands, and questions such as `--version`. */
export const OTHER = '?';

/** What a command tells a tool to do: one of its verbs, `BARE` or `OTHER`. Empty where it does not call the tool. */
export function callsIn(command: Command, { programs, verbs }: Tool): string[] {
  return command.flatMap((word, at) => {
    if (word.includes('=') || !programs.includes(word.slice(word.lastIndexOf('/') + 1))) return [];
    const verb = verbIn(command.slice(at + 1), verbs);
    return (verb !== BARE && verb !== OTHER) || isStart(command[at - 1]) ? [verb] : [];
  });
}

/** Options may come first, each with a value or without. Bundler takes its own version (`_2.4.1_`) besides, and `2>` ends in a digit here. */
function verbIn(words: readonly string[], verbs: readonly string[]): string {
  for (const [at, word] of words.entries()) {
    if (verbs.includes(word)) return word;
    const option = word.startsWith('-') || words[at - 1]?.startsWith('-') === true || /^_[\d.]+_$|^\d$/.test(word);
    if (!option) return OTHER;
  }
  return words.some((word) => /^(?:-v|-h|--version|--help)$/.test(word)) ? OTHER : BARE;
}

/** May a command begin behind this word? `cp vendor bundle` does not call Bundler. */
function isStart(word: string | undefined): boolean {
  return word === undefined || /^(?:\w+=|-\w{0,5}c$|(?:!|\{|if|then|else|do|exec|time)$)/.test(word);
}
