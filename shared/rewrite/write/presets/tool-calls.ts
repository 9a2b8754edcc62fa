/** How a Task calls a tool of the command line, as far as its text tells. */

/** One command of a text: its words, without quotes. */
export type Command = readonly string[];

/** The commands of scripts and arguments, without what they read from and write to. In place of what a shell or Tekton puts in stands `$`. */
export function commandsOf(text: string): Command[] {
  return substitutionsApart(text.replaceAll(/["']/g, ''))
    .replaceAll(/[<>]&?[ \t]*[^\s;&|()<>`]*/g, ' ')
    .split(/[\n;&|()`]/)
    .map((command) => command.split(/\s/).filter((word) => word !== ''))
    .filter((words) => words.length > 0);
}

/** `$(pwd)/bin/rspec` is one word, and `pwd` is a command of its own. */
function substitutionsApart(text: string): string {
  const apart: string[] = [];
  const open: string[] = [];
  let words = '';
  for (const part of text.split(/(\$\(|\))/)) {
    if (part === '$(') {
      open.push(words);
      words = '';
    } else if (part === ')' && open.length > 0) {
      apart.push(words);
      words = `${open.pop() ?? ''}$`;
    } else words += part;
  }
  return [...open, words, ...apart].join('\n');
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
  const starts = startsIn(command);
  return command.flatMap((word, at) => {
    if (word.includes('=') || !programs.includes(nameOf(word))) return [];
    const verb = verbIn(command.slice(at + 1), verbs);
    return (verb !== BARE && verb !== OTHER) || starts[at] === true ? [verb] : [];
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

/** Behind these a command begins. */
const LEAD = /^(?:\w+=|-\w{0,5}c$|(?:!|\{|if|elif|then|else|while|until|do)$)/;

/** Programs that run the command behind their options. */
const STARTERS =
  /^(?:sudo|doas|gosu|su-exec|timeout|env|nice|ionice|time|exec|nohup|setsid|stdbuf|retry|xvfb-run|ruby)$/;

/** Their options whose value is the next word, and those that take a user at once. */
const VALUED = /^(?:-[A-Za-z]{0,4}[ugCDfos]|--(?:user|group|chdir|signal|unset)|gosu|su-exec)$/;

/** For each word: does a command begin there? `cp vendor bundle` does not call Bundler, `sudo -u app bundle` does. */
export function startsIn(command: Command): boolean[] {
  let behind = false;
  return command.map((word, at) => {
    const before = command[at - 1] ?? '';
    const isOption = behind && (/^(?:[-\d]|\w+=|\$[^/]*$)/.test(word) || VALUED.test(nameOf(before)));
    const start = !isOption && (at === 0 || behind || LEAD.test(before));
    behind = isOption || (start && STARTERS.test(nameOf(word)));
    return start;
  });
}

/** A program without its directory. */
export function nameOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}
